"""One step of a consumer: what to add to its result and what to remove, for some records of the ledger.

This is the consumers' rule of docs/data-on-kafka.md. For each block record: read its offsets, from first to
last in each partition, and keep the records with its hash. The follower's records count in their order, and
one that goes back names, within its offsets, the retraction of each event log above it. The records of slots
count in any order, so retractions that lie between their event logs are not theirs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ethlogs.errors import TopicError
from ethlogs.fold.position import HeldBlock, Position
from ethlogs.fold.rows import LedgerRow
from ethlogs.ledger import BlockRecord, Span
from ethlogs.stream.offsets import merge_spans

EventLogDict = dict[str, Any]
"""The value of a record of the event-log topic, with whatever fields it has."""

_NEEDED = {"blockNumber": int, "blockHash": str, "logIndex": int, "removed": bool}

_Place = tuple[str, int]
"""Block hash and log index."""


class EventLogRow(NamedTuple):
    """One record of the event-log topic."""

    partition: int
    offset: int
    value: bytes


EventLogReader = Callable[[Mapping[int, Sequence[Span]]], Iterable[EventLogRow]]
"""Returns the committed records between the given offsets, both included, of each partition.

It waits until the last offset of each can be read: a transaction becomes visible in one partition before it
does in another. Records that retention has deleted are left out.
"""


class Step(NamedTuple):
    """The changes of a result between two positions."""

    added: list[EventLogDict]
    """In the order of the chain; none of them was there before."""
    removed: list[EventLogDict]
    """Newest first; each of them was added in an earlier step."""
    position: Position
    """To be stored together with the changed result."""
    blocks: list[BlockRecord]
    """The ledger's records of the step."""


def fold_step(
    position: Position, rows: Sequence[LedgerRow], read: EventLogReader, first_block: int = 0
) -> Step:
    """Fold some records of the ledger, those of each partition in their order.

    ``first_block`` leaves out the event logs of the blocks below it; it is the same in every step.

    Raises
    ------
    TopicError
        When the event-log topic lacks records that the ledger names.
    LedgerError
        When the ledger does not continue what the position holds.
    """
    works: list[_Work] = []
    for row in rows:
        if row.offset < position.offsets.get(row.partition, 0):
            continue
        record = row.parse_block()
        if record is not None:
            work = _plan(position, row, record, first_block)
            works.append(work)
            if row.is_followers:
                position = position.take(record, record.produced if work.adds else 0)
        position = position.move_past(row)
    lying = _Lying(read(_spans_of(works)))
    result = _Result()
    for work in works:
        if work.reads:
            result.apply(work, lying)
    return Step(result.added(), result.removed(), position, [work.record for work in works])


class _Work(NamedTuple):
    """What one block record means for the result."""

    record: BlockRecord
    adds: bool
    """Whether the block's own event logs are added."""
    orphans: tuple[HeldBlock, ...]
    """The blocks whose event logs are removed."""

    @property
    def reads(self) -> bool:
        """Whether the event-log topic has to be read."""
        return (self.adds and self.record.produced > 0) or bool(self.orphans)


def _plan(position: Position, row: LedgerRow, record: BlockRecord, first_block: int) -> _Work:
    wanted = record.block_number >= first_block
    if not row.is_followers:
        return _Work(record, wanted, ())
    # After a reorg the common ancestor's record comes again: its own event logs are there already.
    orphans = tuple(block for block in position.orphans(record) if block.logs)
    return _Work(record, wanted and not position.holds(record), orphans)


def _spans_of(works: Iterable[_Work]) -> dict[int, list[Span]]:
    by_partition: defaultdict[int, list[Span]] = defaultdict(list)
    for work in works:
        for partition, span in work.record.offsets.items() if work.reads else ():
            by_partition[partition].append(span)
    return {partition: list(merge_spans(spans)) for partition, spans in sorted(by_partition.items())}


class _Lying:
    """Event logs as they lie in their partitions."""

    def __init__(self, rows: Iterable[EventLogRow]) -> None:
        self._logs: defaultdict[int, list[tuple[int, EventLogDict]]] = defaultdict(list)
        for row in rows:
            log = _decode(row)
            if log is not None:
                self._logs[row.partition].append((row.offset, log))

    def between(self, offsets: Mapping[int, Span]) -> Iterator[EventLogDict]:
        """The event logs of a block's offsets, each partition's in its order."""
        for partition, (first, last) in offsets.items():
            logs = self._logs[partition]
            begin = bisect_left(logs, first, key=lambda log: log[0])
            end = bisect_left(logs, last + 1, key=lambda log: log[0])
            yield from (log for _, log in logs[begin:end])


def _decode(row: EventLogRow) -> EventLogDict | None:
    """The event log; ``None`` for a record of another program, which no block counts."""
    try:
        # Not by msgspec: where web3 has raised Python's limit of recursion, JSON that another program has
        # nested without end would overflow the stack there, and end the process.
        log = orjson.loads(row.value)
    except orjson.JSONDecodeError:
        return None
    is_event_log = isinstance(log, dict) and all(
        type(log.get(name)) is kind for name, kind in _NEEDED.items()
    )
    return log if is_event_log else None


class _Result:
    """The changes of a step so far: what is added and taken back within one step is neither."""

    def __init__(self) -> None:
        self._added: dict[_Place, EventLogDict] = {}
        self._removed: dict[_Place, EventLogDict] = {}

    def apply(self, work: _Work, lying: _Lying) -> None:
        """Take the records at the offsets of a block."""
        orphans = {block.hash for block in work.orphans}
        own: dict[_Place, EventLogDict] = {}
        taken: dict[_Place, EventLogDict] = {}
        for log in lying.between(work.record.offsets):
            place = (log["blockHash"], log["logIndex"])
            if log["removed"] and log["blockHash"] in orphans:
                taken[place] = log
            elif not log["removed"] and work.adds and log["blockHash"] == work.record.block_hash:
                own[place] = log
        _check_complete(work, own, taken)
        for place, log in taken.items():
            if self._added.pop(place, None) is None:
                self._removed[place] = log
        for place, log in own.items():
            if self._removed.pop(place, None) is None:
                self._added[place] = log

    def added(self) -> list[EventLogDict]:
        """Return what was not there before, in the order of the chain."""
        return sorted(self._added.values(), key=_chain_order)

    def removed(self) -> list[EventLogDict]:
        """Return what was there before, newest first."""
        return sorted(self._removed.values(), key=_chain_order, reverse=True)


def _chain_order(log: EventLogDict) -> tuple[int, int]:
    return log["blockNumber"], log["logIndex"]


def _check_complete(work: _Work, own: Mapping[_Place, object], taken: Mapping[_Place, object]) -> None:
    """Raise TopicError unless each event log that the ledger counts was there."""
    record = work.record
    if work.adds and len(own) != record.produced:
        raise _incomplete(
            f"by the ledger, block {record.block_number} ({record.block_hash}) has {record.produced} event"
            f" logs; {len(own)} of them are on the event-log topic"
        )
    for block in work.orphans:
        retracted = sum(place[0] == block.hash for place in taken)
        if retracted != block.logs:
            raise _incomplete(
                f"the orphaned block {block.number} ({block.hash}) has {block.logs} event logs, and"
                f" {retracted} retractions of them are on the event-log topic"
            )


def _incomplete(what: str) -> TopicError:
    return TopicError(
        what,
        hint="the topic's retention (retention.ms, retention.bytes) has deleted the others, so this consumer"
        " came too late. Empty the result and begin at a first block that the topic still has, or have the"
        " range produced to a topic without a limit of retention",
    )
