"""Which heights a run produces: decided once from the ledger's tail, then fixed in the claim."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.errors import LedgerError, SettingsError, SupersededError
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


def plan_range(wanted: RangeSettings, tail: Tail, head: int, topic_has_records: bool) -> Plan:
    """Decide a new run's heights.

    Parameters
    ----------
    head : the height that the run would begin at with ``--start latest``.
    topic_has_records : whether the event-log topic holds anything.

    Raises
    ------
    LedgerError, SettingsError
        When ``--start`` does not go with what the ledger holds.
    """
    start = _start_height(wanted.start, head)
    gap_after = None
    if tail.tip is None:
        first = _first_of_empty_ledger(start, head, topic_has_records)
    else:
        first = tail.tip.block_number + 1
        if start is not None and start != first:
            _check_gap(start, tail.tip.block_number, wanted.allow_gap)
            first, gap_after = start, tail.tip.block_number
    last = _last_height(wanted, first)
    if last is not None and last < first and (tail.tip is None or gap_after is not None):
        raise SettingsError(
            f"--to {last} is below block {first}, where the run would begin",
            hint="give --start at or below --to",
        )
    return Plan(first, last, gap_after)


def check_not_superseded(claimed: Claimed | None, run: str, ledger_end: int) -> None:
    """End this run where another one has claimed the stream since this run first looked.

    Raises
    ------
    SupersededError
        Naming the other run.
    """
    if claimed is None or claimed.claim.run == run or claimed.offset < ledger_end:
        return
    raise SupersededError(
        f"run {claimed.claim.run} has taken this stream, with blocks from {claimed.claim.first_block} on",
        hint="two runs cannot write one stream; what this run committed stays, the other goes on after it",
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


def _check_gap(start: int, tip: int, allow_gap: bool) -> None:
    if start <= tip:
        raise SettingsError(
            f"--start {start} is not above the stream's tip, block {tip}",
            hint=f"leave --start out to go on at block {tip + 1}",
        )
    if not allow_gap:
        raise SettingsError(
            f"--start {start} would leave out blocks {tip + 1} to {start - 1} of this stream",
            hint="leave --start out to go on without a gap, or add --allow-gap: the gap is recorded",
        )


def _last_height(wanted: RangeSettings, first: int) -> int | None:
    if wanted.to is not None:
        return wanted.to
    return None if wanted.blocks is None else first + wanted.blocks - 1
