"""The checks of the ledger's records against each other: heights without gaps, parents, counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ethlogs.heights import add_height, extend_to, holds
from ethlogs.ledger import BlockRecord
from ethlogs.proof import EXCLUDED
from ethlogs.verify.differences import Difference, Kind, Tell
from ethlogs.verify.ledger_scan import LedgerEntry

_LINK = "the block is not a child of the block before it"
_SEAM = f"follower and backfill do not join: {_LINK}"


class LedgerChecks:
    """Fed with each block of the follower in the order of the chain."""

    def __init__(
        self,
        topic: str,
        previous: LedgerEntry | None,
        is_beginning: bool,
        elsewhere: Mapping[int, LedgerEntry],
        tell: Tell,
        *,
        selects: bool = False,
    ) -> None:
        """``is_beginning``: without a ``previous``, the next block is the stream's first.

        ``selects``: whether the stream has only some of the event logs.

        ``elsewhere`` holds the blocks that a backfill has, by their heights.
        """
        self._topic = topic
        self._previous = previous.record if previous else None
        self._elsewhere = elsewhere
        self._tell = tell
        self._selects = selects
        self._is_beginning = is_beginning
        self._counts: tuple[int, int] | None = (0, 0) if is_beginning else None
        if previous is not None:
            self._counts = previous.record.stream_blocks, previous.record.stream_logs
        self.gaps: list[tuple[int, int]] = []
        """The heights that ``--allow-gap`` left out, first and last."""

    def check(self, entry: LedgerEntry, logs: int) -> None:
        """Check the next block, which has so many event logs on the topic."""
        record, previous = entry.record, self._previous
        self._check_ranges(entry, previous)
        if wrong := _wrong_counts(record, self._selects):
            self.differs(entry, Kind.LEDGER_BLOCK, wrong, {"produced": (record.logs, record.produced)})
        if previous is not None and record.block_number > previous.block_number + 1:
            self._check_gap(entry, previous)
        elif previous is not None:
            check_child(entry, previous, self._topic, self._tell)
        self._check_neighbours(entry, previous)
        self._check_counts(entry, logs)
        self._previous = record

    def differs(
        self, entry: LedgerEntry, kind: Kind, detail: str, fields: dict[str, tuple[object, object]]
    ) -> None:
        """Tell of a difference at a record of the ledger."""
        self._tell(Difference(kind, detail, fields=fields, **place_of(entry, self._topic)))

    def _check_neighbours(self, entry: LedgerEntry, previous: BlockRecord | None) -> None:
        """The backfill's block below the follower's is its parent, and the one above it a child."""
        below = self._elsewhere.get(entry.record.block_number - 1)
        if below is not None:
            check_child(entry, below.record, self._topic, self._tell, _SEAM)
        above = self._elsewhere.get(previous.block_number + 1) if previous is not None else None
        if above is not None and previous is not None:
            check_child(above, previous, self._topic, self._tell, _SEAM)

    def _check_ranges(self, entry: LedgerEntry, previous: BlockRecord | None) -> None:
        """A record's ranges are those of the record before it, and its own height."""
        if previous is None and not self._is_beginning:
            return
        record = entry.record
        expected = add_height(previous.ranges if previous else (), record.block_number)
        # Behind records that are gone: the missing heights are reported.
        filled = previous and extend_to(previous.ranges, previous.block_number, record.block_number)
        if record.ranges not in (expected, filled):
            fields: dict[str, tuple[object, object]] = {"ranges": (expected, record.ranges)}
            self.differs(entry, Kind.LEDGER_COUNT, "the ranges are not those of the blocks before", fields)

    def _check_gap(self, entry: LedgerEntry, previous: BlockRecord) -> None:
        """A gap that ``--allow-gap`` left shows in the ranges; a record that is gone leaves its height."""
        record = entry.record
        first, last = previous.block_number + 1, record.block_number - 1
        if not holds(record.ranges, last):
            self.gaps += missing_ranges(first, last, self._elsewhere)
            return
        for start, end in missing_ranges(first, last, self._elsewhere):
            self._tell(missing_blocks(start, end, self._topic))
        if record.stream_blocks - previous.stream_blocks == record.block_number - previous.block_number:
            # The records that are gone explain the counts.
            self._counts = None

    def _check_counts(self, entry: LedgerEntry, logs: int) -> None:
        record, previous = entry.record, self._previous
        found = record.stream_blocks, record.stream_logs
        if self._counts is None:
            self._counts = found
            return
        expected = self._counts[0] + 1, self._counts[1] + logs
        # One record that lies must not make all behind it wrong.
        following = previous and (previous.stream_blocks + 1, previous.stream_logs + logs)
        self._counts = found if found == following else expected
        if found not in (expected, following):
            names = ("streamBlocks", "streamLogs")
            pairs = zip(names, zip(expected, found, strict=True), strict=True)
            fields: dict[str, tuple[object, object]] = {
                name: pair for name, pair in pairs if pair[0] != pair[1]
            }
            self.differs(entry, Kind.LEDGER_COUNT, "the stream's counts do not add up", fields)


def _wrong_counts(record: BlockRecord, selects: bool) -> str | None:
    """What is wrong with the number of a block's event logs, and of those on the topic."""
    if not selects:
        return None if record.logs == record.produced else "the stream selects every event log"
    if record.logs is None:
        is_right = record.proof == EXCLUDED and record.produced == 0 and record.transactions is None
        return None if is_right else "only an excluded block, which has nothing on the topic, lacks counts"
    return "more event logs were produced than the block has" if record.produced > record.logs else None


def place_of(entry: LedgerEntry, topic: str) -> dict[str, Any]:
    """The fields of a difference that name a record of the ledger."""
    return {
        "block": entry.record.block_number,
        "block_hash": entry.record.block_hash,
        "topic": topic,
        "partition": entry.partition,
        "offset": entry.offset,
    }


def check_child(entry: LedgerEntry, parent: BlockRecord, topic: str, tell: Tell, detail: str = _LINK) -> None:
    """Tell of a block that is not the child of the one below it."""
    if entry.record.parent_hash != parent.block_hash:
        fields = {"parentHash": (parent.block_hash, entry.record.parent_hash)}
        tell(Difference(Kind.LEDGER_BLOCK, detail, fields=fields, **place_of(entry, topic)))


def missing_blocks(first: int, last: int, topic: str) -> Difference:
    """The difference of heights that the ledger does not have."""
    return Difference(Kind.MISSING_BLOCK, "the ledger has no record of it", first, last, topic=topic)


def missing_ranges(first: int, last: int, elsewhere: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The heights from ``first`` to ``last`` that are not ``elsewhere``, as ranges, however many they are."""
    start = first
    for height in sorted(height for height in elsewhere if first <= height <= last):
        if start < height:
            yield start, height - 1
        start = height + 1
    if start <= last:
        yield start, last
