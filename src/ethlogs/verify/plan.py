"""The part of the ledger that a verification walks through, and where in the topic it begins to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ethlogs.verify.ledger_scan import LedgerEntry


@dataclass
class WalkPlan:
    """The beginning of a walk, and what it will meet."""

    ledger_start: int | None = None
    """The ledger's offset of the first block to walk; ``None`` where there is none."""
    positions: dict[int, int] = field(default_factory=dict)
    """The last offset of each partition that belongs to earlier blocks."""
    previous: LedgerEntry | None = None
    """The block before."""
    tip: LedgerEntry | None = None
    blocks: int = 0
    logs: int = 0
    first: int | None = None
    last: int | None = None
    """The lowest and the highest block to walk."""
    expired: int = 0
    """How many blocks of the range retention has deleted, wholly or in part."""
    expired_first: int | None = None
    expired_last: int | None = None


def plan_walk(
    entries: Iterable[LedgerEntry], first: int | None, last: int | None, begins: Mapping[int, int]
) -> WalkPlan:
    """Look through the ledger's blocks once, before the topic is read.

    A block has expired when a partition that has logs of it begins behind the end of the block before in
    that partition. What lies below the highest such block is not walked: retention cuts each partition
    elsewhere.

    Parameters
    ----------
    begins : the first offset that each partition of the event-log topic still has.
    """
    plan = WalkPlan()
    positions: dict[int, int] = {}
    previous: LedgerEntry | None = None
    for entry in entries:
        height = entry.record.block_number
        if (first is None or height >= first) and (last is None or height <= last):
            if _is_expired(entry, positions, begins):
                _count_expired(plan, height)
            else:
                _count_walked(plan, entry, positions, previous)
        positions = positions | entry.record.last_offsets
        previous = plan.tip = entry
    return plan


def find_extent(
    plan: WalkPlan, backfilled: Iterable[int], first: int | None, last: int | None
) -> tuple[int, int] | None:
    """Return the lowest and the highest block that is walked and asked for; ``None`` where there is none.

    ``backfilled`` are the heights of the slots that are asked for. Beside them the followed part is walked
    as a whole, and only a part of it may be asked for.
    """
    heights = list(backfilled)
    if plan.first is not None and plan.last is not None:
        lowest = plan.first if first is None else max(plan.first, first)
        highest = plan.last if last is None else min(plan.last, last)
        if lowest <= highest:
            heights += [lowest, highest]
    return (min(heights), max(heights)) if heights else None


def _is_expired(entry: LedgerEntry, positions: Mapping[int, int], begins: Mapping[int, int]) -> bool:
    return any(
        positions.get(partition, -1) + 1 < begins.get(partition, 0) for partition in entry.record.offsets
    )


def _count_expired(plan: WalkPlan, height: int) -> None:
    """Count the blocks so far as expired: they are below the cut."""
    plan.expired += plan.blocks + 1
    if plan.expired_first is None:
        plan.expired_first = height if plan.first is None else plan.first
    plan.expired_last = height
    plan.ledger_start = plan.first = plan.last = None
    plan.blocks = plan.logs = 0


def _count_walked(
    plan: WalkPlan, entry: LedgerEntry, positions: Mapping[int, int], previous: LedgerEntry | None
) -> None:
    if plan.ledger_start is None:
        plan.ledger_start = entry.offset
        plan.positions = dict(positions)
        plan.previous = previous
        plan.first = entry.record.block_number
    plan.last = entry.record.block_number
    plan.blocks += 1
    plan.logs += entry.record.produced
