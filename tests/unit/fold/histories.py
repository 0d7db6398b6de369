"""Streams made up in memory: a writer that does what ethlogs does to the two topics, and what is true then.

A fake, since no real chain gives a thousand reorgs in a second. The integration tests fold real ones.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ethlogs.fold import EventLogRow, LedgerRow, Step
from ethlogs.ledger import Span

PARTITIONS = 3
Live = set[tuple[str, int]]


class Block(NamedTuple):
    """A block of the made-up chain."""

    number: int
    hash: str
    parent: str
    logs: int


@dataclass
class History:
    """A stream and its chain."""

    seed: int
    first: int = 100
    finality: int | None = None
    """How many blocks below the tip are not finalized; ``None`` for a chain without finality."""
    chain: list[Block] = field(default_factory=list)
    backfilled: list[Block] = field(default_factory=list)
    ledger: list[LedgerRow] = field(default_factory=list)
    topic: dict[int, list[EventLogRow]] = field(
        default_factory=lambda: {number: [] for number in range(PARTITIONS)}
    )
    cuts: dict[int, Live] = field(default_factory=dict)
    """What is true behind each block record of the follower, by its offset."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - a test that can be repeated
        self._spans: dict[str, dict[int, Span]] = {}
        self._next: dict[tuple[str, int], int] = {}
        self._hashes = 0
        self.finalized = -1

    # ------------------------------------------------------------ what ethlogs does

    def grow(self, count: int = 1, logs: int | None = None) -> None:
        """Follow some blocks."""
        self._claim_sometimes()
        for _ in range(count):
            self._commit(self._new_block(logs), {})
            self._mark()

    def reorg(self, depth: int, length: int | None = None, *, again: Sequence[Block] = ()) -> list[Block]:
        """Replace the newest blocks, by new ones or by a branch that was left; returns the old ones."""
        orphans = self.chain[-depth:]
        retracted: dict[int, Span] = {}
        left: dict[int, Span] = {}
        for block in orphans:
            left = _join(left, self._spans[block.hash])
        for block in reversed(orphans):
            for index in reversed(range(block.logs)):
                self._send(block, index, retracted, removed=True)
        retracted = _join(left, retracted)
        self.chain = self.chain[:-depth]
        for block in reversed(orphans):
            self._record(0, str(block.number).encode(), None)
        if self.chain:
            ancestor = self.chain[-1]
            self._write_block(0, ancestor, _join(self._spans[ancestor.hash], retracted))
            retracted = {}
        for number in range(len(again) or (depth + 1 if length is None else length)):
            block = again[number] if again else self._new_block(None)
            self._commit(block, retracted)
            retracted = {}
        self._mark()
        return orphans

    def backfill(self, height: int, slot: int, logs: int | None = None) -> None:
        """Produce a block of the past."""
        block = Block(height, self._new_hash(), "0xunknown", self._logs(logs))
        spans: dict[int, Span] = {}
        self.backfilled.append(block)
        for index in range(block.logs):
            self._send(block, index, spans)
            if self.random.random() < 0.2:
                self._mark()
        self._write_block(slot, block, spans)
        self._mark()

    def act(self) -> None:
        """Do something at random."""
        kind = self.random.random()
        most = sum(block.number > self.finalized for block in self.chain)
        if kind < 0.3 and most:
            self.reorg(self.random.randint(1, most), self.random.choice([None, 1, 2]))
        elif kind < 0.4 and most:
            depth = self.random.randint(1, most)
            old = self.reorg(depth, depth)
            # The chain comes back to the branch that it left.
            above = [block for block in self.chain if block.number >= old[0].number]
            self.reorg(len(above), again=old)
        elif kind < 0.6:
            self.backfill(self.random.randrange(self.first), self.random.randint(1, 2))
        else:
            self.grow(self.random.randint(1, 4))

    def compact(self) -> None:
        """Keep, up to some offset, the last record of each key, as Kafka's log cleaner does."""
        rows = [row for row in self.ledger if row.partition == 0]
        end = self.random.randint(0, rows[-1].offset + 1) if rows else 0
        newest = {row.key: row.offset for row in rows if row.offset < end}
        self.ledger = [
            row
            for row in self.ledger
            if row.partition or row.offset >= end or newest.get(row.key) == row.offset
        ]

    # ------------------------------------------------------------ what a consumer reads

    def read(self, spans: Mapping[int, Sequence[Span]]) -> Iterator[EventLogRow]:
        """Be the event-log reader."""
        for partition, wanted in spans.items():
            for first, last in wanted:
                yield from (row for row in self.topic[partition] if first <= row.offset <= last)

    def expire(self, partition: int, before: int) -> None:
        """Be retention."""
        self.topic[partition] = [row for row in self.topic[partition] if row.offset >= before]

    def live(self, first_block: int = 0) -> Live:
        """What a consumer of the whole stream must hold."""
        return {
            (block.hash, index)
            for block in (*self.chain, *self.backfilled)
            if block.number >= first_block
            for index in range(block.logs)
        }

    # ------------------------------------------------------------ records

    def _new_hash(self) -> str:
        self._hashes += 1
        return f"0x{self.seed}-{self._hashes}"

    def _logs(self, logs: int | None) -> int:
        return self.random.choice([0, 1, 2, 5]) if logs is None else logs

    def _new_block(self, logs: int | None) -> Block:
        number, parent = (
            (self.chain[-1].number + 1, self.chain[-1].hash) if self.chain else (self.first, "0xbefore")
        )
        return Block(number, self._new_hash(), parent, self._logs(logs))

    def _commit(self, block: Block, retracted: dict[int, Span]) -> None:
        spans = dict(retracted)
        for index in range(block.logs):
            self._send(block, index, spans)
        self.chain.append(block)
        self._write_block(0, block, spans)

    def _write_block(self, partition: int, block: Block, spans: dict[int, Span]) -> None:
        self._spans[block.hash] = spans
        record = self._build_record(block, spans)
        offset = self._record(partition, str(block.number).encode(), json.dumps(record).encode())
        if partition == 0:
            self.cuts[offset] = {(b.hash, index) for b in self.chain for index in range(b.logs)}

    def _finalize(self) -> int | None:
        if self.finality is not None and self.chain:
            self.finalized = max(self.finalized, self.chain[-1].number - self.finality)
        return None if self.finality is None else max(0, self.finalized)

    def _build_record(self, block: Block, spans: dict[int, Span]) -> dict[str, Any]:
        return {
            "format": 1,
            "chainId": 1,
            "blockNumber": block.number,
            "blockHash": block.hash,
            "parentHash": block.parent,
            "blockTimestamp": block.number,
            "transactions": None if block.logs else 3,
            # Of a selection: the block has more event logs than the stream.
            "logs": block.logs + 7,
            "produced": block.logs,
            "unprovenLogs": 0,
            "proof": "receipts",
            "finalized": self._finalize(),
            "offsets": {str(partition): span for partition, span in spans.items()},
            "ranges": [[self.first, block.number]],
            "run": "r",
            "claim": 0,
            "streamBlocks": 1,
            "streamLogs": 1,
            "streamUnprovenLogs": 0,
            "streamReorgs": {"count": 0, "deepest": 0, "blocks": 0, "logs": 0},
            "ofALaterVersion": {"x": 1},
        }

    def _send(self, block: Block, index: int, spans: dict[int, Span], *, removed: bool = False) -> None:
        partition = (index + block.number) % PARTITIONS
        offset = self._take_offset("topic", partition)
        log: dict[str, Any] = {
            "address": "0x12",
            "blockNumber": block.number,
            "blockHash": block.hash,
            "logIndex": index * 3,
            "decoded": {"event": "Named", "args": {"id": "7", "list": ["a", "b"]}} if index else None,
            "ofALaterVersion": "x",
            "removed": removed,
        }
        self.topic[partition].append(EventLogRow(partition, offset, json.dumps(log).encode()))
        spans[partition] = (spans.get(partition, (offset, offset))[0], offset)

    def _record(self, partition: int, key: bytes | None, value: bytes | None) -> int:
        offset = self._take_offset("ledger", partition)
        self.ledger.append(LedgerRow(partition, offset, key, value))
        return offset

    def _claim_sometimes(self) -> None:
        if self.random.random() < 0.2:
            self._record(0, b"claim", b'{"format":1,"selection":{"ofALaterVersion":true}}')

    def _mark(self) -> None:
        """A transaction's end takes an offset that no record has."""
        for partition in range(PARTITIONS):
            self._take_offset("topic", partition)
        self._take_offset("ledger", 0)

    def _take_offset(self, topic: str, partition: int) -> int:
        offset = self._next.get((topic, partition), 0)
        self._next[topic, partition] = offset + 1
        return offset


def _join(earlier: Mapping[int, Span], later: Mapping[int, Span]) -> dict[int, Span]:
    return {
        partition: (
            earlier.get(partition, later.get(partition, (0, 0)))[0],
            later.get(partition, earlier.get(partition, (0, 0)))[1],
        )
        for partition in {**earlier, **later}
    }


@dataclass
class Table:
    """A consumer's result, which lets nothing be added twice, nor removed that is not there."""

    rows: Live = field(default_factory=set)

    def apply(self, step: Step) -> None:
        """Take a step."""
        for log in step.removed:
            assert log["removed"] is True
            self.rows.remove((log["blockHash"], log["logIndex"] // 3))
        for log in step.added:
            assert log["removed"] is False
            place = (log["blockHash"], log["logIndex"] // 3)
            assert place not in self.rows
            self.rows.add(place)
