"""The heights that a partition of the ledger holds, as ranges; and which heights belong to which partition.

Partition :data:`FOLLOWER_PARTITION` is the follower's. Every other one is a slot of the backfill, in which
stretches of :data:`STRETCH_BLOCKS` heights follow each other: a range of a slot runs over the heights of
that slot alone, so that a slot with all of its blocks has one range, as the follower's partition has.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

FOLLOWER_PARTITION = 0
STRETCH_BLOCKS = 32

Ranges = tuple[tuple[int, int], ...]
"""First and last height of each range, lowest first, with a gap between any two."""


def slot_of(height: int, slots: int) -> int:
    """Return the slot that a height belongs to, for ever."""
    return height // STRETCH_BLOCKS % slots


def partition_of_slot(slot: int) -> int:
    """Return the ledger partition of a slot."""
    return slot + 1


def slot_of_partition(partition: int) -> int:
    """Return the slot whose ledger partition this is."""
    return partition - 1


def next_height(height: int, partition: int, ledger_partitions: int) -> int:
    """Return the height that comes after this one in its ledger partition."""
    following = height + 1
    if partition == FOLLOWER_PARTITION or following % STRETCH_BLOCKS:
        return following
    slots = ledger_partitions - 1
    return following + (slots - 1) * STRETCH_BLOCKS


def successor(height: int) -> int:
    """Return the height that comes next in the follower's partition."""
    return height + 1


def add_height(ranges: Ranges, height: int, following: Callable[[int], int] = successor) -> Ranges:
    """Return the ranges with one more height; ``following`` gives the partition's next height."""
    place = bisect_left(ranges, (height, -1))
    before, after = ranges[:place], ranges[place:]
    if before and height <= before[-1][1]:
        return ranges
    if after and after[0][0] == height:
        return ranges
    first = last = height
    if before and following(before[-1][1]) == height:
        first, before = before[-1][0], before[:-1]
    if after and following(height) == after[0][0]:
        last, after = after[0][1], after[1:]
    return (*before, (first, last), *after)


def drop_from(ranges: Ranges, height: int) -> Ranges:
    """Return the ranges without this height and everything above, as a reorg takes them away.

    Only the follower's partition is ever retracted.
    """
    return tuple((first, min(last, height - 1)) for first, last in ranges if first < height)


def holds(ranges: Ranges, height: int) -> bool:
    """Return whether a height lies within one of the ranges."""
    return any(first <= height <= last for first, last in ranges)


def extend_to(ranges: Ranges, height: int, last: int) -> Ranges:
    """Return the ranges, with the one that holds ``height`` extended up to ``last``."""
    return tuple((first, last if first <= height <= end else end) for first, end in ranges)
