"""The plan of a backfill: the heights that are its own, those that are missing, and how they are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ethlogs.backfill.missing import SlotGaps, bounds, count_missing, find_gaps, merge, subtract
from ethlogs.heights import FOLLOWER_PARTITION, STRETCH_BLOCKS, Ranges, slot_of_partition
from ethlogs.ledger import BlockRecord, Claim, StreamIdentity
from ethlogs.settings.backfill import PART_BLOCKS
from ethlogs.stream.tail import Tail, newest_claims, newest_tips

SEGMENT_STRETCHES = 4
"""Stretches of each slot in one segment: 4,096 heights with 32 slots. A long hull has many times as many of
each slot, so that tasks find work beside a slow one."""

LEAST_SEGMENT_BLOCKS = 64
"""A task costs more than the headers of so few heights."""

_END = 1 << 63


@dataclass(frozen=True)
class LedgerEnds:
    """The ends of all partitions of a ledger, read one after another."""

    tails: Mapping[int, Tail]

    @property
    def follower(self) -> Tail:
        """The end of the followed part."""
        return self.tails[FOLLOWER_PARTITION]

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self.tails) - 1

    @property
    def slot_tails(self) -> dict[int, Tail]:
        """The ends of the slots, by partition."""
        return {number: tail for number, tail in self.tails.items() if number != FOLLOWER_PARTITION}

    @property
    def slot_tips(self) -> list[BlockRecord]:
        """The last block record of each slot that has one."""
        return newest_tips(self.slot_tails)

    @property
    def slot_claims(self) -> list[Claim]:
        """The newest claim of each slot that has one."""
        return newest_claims(self.slot_tails)

    @property
    def backfilled_blocks(self) -> int:
        """How many blocks the slots hold."""
        return sum(tip.stream_blocks for tip in self.slot_tips)

    @property
    def backfilled_logs(self) -> int:
        """How many event logs the blocks of the slots have."""
        return sum(tip.stream_logs for tip in self.slot_tips)

    @property
    def backfilled_unproven_logs(self) -> int:
        """How many event logs of these blocks were left out because no root commits to them."""
        return sum(tip.stream_unproven_logs for tip in self.slot_tips)

    @property
    def identity(self) -> StreamIdentity | None:
        """What the stream is bound to, by the follower's claim or a slot's; ``None`` before the first one."""
        claims = newest_claims(self.tails)
        return claims[0].identity if claims else None

    @property
    def missing_blocks(self) -> int | None:
        """How many heights the newest backfills lack of their ranges; ``None`` where there was none."""
        ranges = [
            (claim.first_block, claim.last_block)
            for claim in self.slot_claims
            if claim.last_block is not None
        ]
        return count_missing(self.gaps(merge(ranges))) if ranges else None

    def gaps(self, wanted: Ranges) -> tuple[SlotGaps, ...]:
        """Return what each slot lacks of the wanted heights, less those that the follower owns."""
        held = {
            slot_of_partition(number): tail.tip.ranges
            for number, tail in self.slot_tails.items()
            if tail.tip is not None
        }
        return find_gaps(own_heights(wanted, self.follower), held, self.slots)


def followers_first(follower: Tail) -> int | None:
    """Return the lowest height that the follower owns; ``None`` where nobody follows yet."""
    if follower.tip is not None:
        return follower.tip.ranges[0][0]
    return None if follower.newest is None else follower.newest.claim.first_block


def own_heights(wanted: Ranges, follower: Tail) -> Ranges:
    """Return the wanted heights without the follower's: its first one and all above, gaps left out."""
    first = followers_first(follower)
    if first is None:
        return wanted
    owned = follower.tip.ranges if follower.tip is not None else ()
    # A gap counts once the follower has a block above it: until then it may come back and resume below.
    return subtract(wanted, [*owned, (owned[-1][1] + 1 if owned else first, _END)])


@dataclass(frozen=True)
class Hull:
    """A range of heights in which every segment lacks something: it is linked as a whole, then filled."""

    first: int
    last: int
    segments: Ranges


def cut_hulls(gaps: tuple[SlotGaps, ...], slots: int, limit: int = PART_BLOCKS) -> list[Hull]:
    """Cut the missing heights into hulls of at most so many heights, the highest first.

    A hull joins the one above it, so that each block that is committed is an ancestor of what the ledger has
    above. Long stretches that are there already are not walked again. The bounds of hulls are the same for
    every attempt. A hull has a stretch of each slot at least, whatever the limit.
    """
    found = bounds(gaps)
    if found is None:
        return []
    turn = STRETCH_BLOCKS * slots
    size = turn * max(1, min(SEGMENT_STRETCHES, limit // turn))
    largest = size * max(1, limit // size)
    hulls: list[Hull] = []
    run: list[tuple[int, int]] = []
    for start in range(found[0] // size * size, found[1] + 1, size):
        inside = bounds(gap.within(start, start + size - 1) for gap in gaps)
        if run and (inside is None or start % largest == 0):
            hulls.append(_build_hull(run))
            run = []
        if inside is not None:
            run.append(inside if not run else (start, inside[1]))
            if len(run) > 1:
                run[-2] = (run[-2][0], start - 1)
    if run:
        hulls.append(_build_hull(run))
    return hulls[::-1]


def lowest_of_several(hulls: Sequence[Hull]) -> list[Hull]:
    """Return the lowest one of all hulls that lie right below each other, where these are more than one."""
    firsts, lasts = {hull.first for hull in hulls}, {hull.last for hull in hulls}
    return [hull for hull in hulls if hull.last + 1 in firsts and hull.first - 1 not in lasts]


def _build_hull(segments: list[tuple[int, int]]) -> Hull:
    return Hull(segments[0][0], segments[-1][1], tuple(segments))


def share_segments(segments: Ranges, tasks: int) -> Ranges:
    """Cut segments where there are fewer than tasks, so that each task has headers to walk."""
    heights = sum(last - first + 1 for first, last in segments)
    size = max(LEAST_SEGMENT_BLOCKS, -(-heights // tasks))
    return tuple(
        (start, min(start + size - 1, last))
        for first, last in segments
        for start in range(first, last + 1, size)
    )
