"""The heights that a run produces: decided once from the ledger's tail, then fixed in the claim."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.errors import LedgerError, SettingsError
from ethlogs.settings import RangeSettings
from ethlogs.stream.tail import Claimed, Tail


@dataclass(frozen=True)
class Plan:
    """The heights of a run, both ends included; ``last`` is ``None`` where it has no end."""

    first: int
    last: int | None
    gap_after: int | None = None


def plan_from_claim(claimed: Claimed) -> Plan:
    """The heights that this run claimed before: every later attempt finishes the same."""
    return Plan(claimed.claim.first_block, claimed.claim.last_block, claimed.claim.gap_after)


def plan_range(
    wanted: RangeSettings, tail: Tail, head: int, topic_has_records: bool, backfilled: int | None = None
) -> Plan:
    """Decide a new run's heights.

    ``--start`` says where a stream begins. On one that has a tip it is ignored, so that the same command
    resumes, unless ``--allow-gap`` consents to a gap.

    Parameters
    ----------
    head : the height that the run would begin at with ``--start latest``.
    topic_has_records : whether the event-log topic holds anything.
    backfilled : the highest height that backfills hold or have claimed, where nobody has followed yet.

    Raises
    ------
    LedgerError, SettingsError
        When ``--start`` does not go with what the ledger holds.
    """
    start = _start_height(wanted.start, head) if tail.tip is None or wanted.allow_gap else None
    gap_after = None
    if tail.tip is None:
        first = _first_of_empty_ledger(start, head, topic_has_records)
        first = first if backfilled is None else backfilled + 1
    else:
        first = tail.tip.block_number + 1
        if wanted.allow_gap and start is not None and start > first:
            first, gap_after = start, tail.tip.block_number
    last = _last_height(wanted, first)
    if last is not None and last < first and (tail.tip is None or gap_after is not None):
        raise SettingsError(
            f"--to {last} is below block {first}, where the run would begin",
            hint="give --start at or below --to",
        )
    return Plan(first, last, gap_after)


def describe_ignored_start(wanted: RangeSettings, tail: Tail) -> str | None:
    """Return a sentence where ``--start`` asks for a gap and nothing consents to it."""
    if tail.tip is None or wanted.allow_gap or wanted.start is None or not wanted.start.isdecimal():
        return None
    first = tail.tip.block_number + 1
    if int(wanted.start) <= first:
        return None
    return (
        f"--start {wanted.start} is ignored: the stream resumes at block {first}. With --allow-gap it would"
        f" leave out blocks {first} to {int(wanted.start) - 1}"
    )


def _start_height(start: str | None, head: int) -> int | None:
    if start is None:
        return None
    if start == "latest":
        return head
    height = 0 if start == "earliest" else int(start)
    if height > head + 1:
        raise SettingsError(
            f"--start {height} is above the head of the chain, block {head}",
            hint="give a block that the chain has, or latest",
        )
    return height


def _first_of_empty_ledger(start: int | None, head: int, topic_has_records: bool) -> int:
    if topic_has_records:
        raise LedgerError(
            "the event-log topic has records, but its ledger is empty: its records are not accounted for, and"
            " a stream that begins behind them could have every event log twice",
            hint="give another --topic. Where nobody needs these records, delete both topics and start again",
        )
    return head if start is None else start


def _last_height(wanted: RangeSettings, first: int) -> int | None:
    if wanted.to is not None:
        return wanted.to
    return None if wanted.blocks is None else first + wanted.blocks - 1
