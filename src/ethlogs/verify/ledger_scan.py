"""The ledger as it is in the end: the last record of each height, in the order of the chain.

The follower's partition holds the chain in its order, except that after a reorg it goes back to the common
ancestor: a record counts when no later one has the same height or a lower one. Compaction may or may not
have taken away what does not count. So the reorgs are found first, and then the records are read in their
order; what is kept in memory is a few numbers for each reorg, whatever the length of the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from ethlogs.errors import LedgerError
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.reading import fetch_begins, read_range
from ethlogs.ledger import BlockRecord, Claim, height_of_key, parse_ledger_record
from ethlogs.stream.tail import Claimed
from ethlogs.verify.differences import Difference, Kind, Tell

_FIRST_STEP = 256


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A block's record and where it is in the ledger."""

    record: BlockRecord
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A height whose record was taken away."""

    height: int
    offset: int


@dataclass
class LedgerShape:
    """A part of the follower's partition, from ``start`` to its end, seen once."""

    start: int
    lowest: int | None = None
    """The lowest height in it."""
    reorgs: list[tuple[int, int]] = field(default_factory=list)
    """The (offset, height) of each record that went back, or stood still; heights rise."""
    removed: dict[int, int] = field(default_factory=dict)
    """The tombstone's offset of each height that has one and nothing that makes up for it."""
    claimed: Claimed | None = None
    """The newest claim in it."""
    partitions: set[int] = field(default_factory=set)
    """The partitions of the event-log topic that got logs of blocks below the height looked for."""

    def go_back(self, offset: int, height: int) -> None:
        """A record makes way for another branch: what was above it, and tombstones of that, is past."""
        while self.reorgs and self.reorgs[-1][1] >= height:
            self.reorgs.pop()
        self.reorgs.append((offset, height))
        self.removed = {h: o for h, o in self.removed.items() if h < height}


class Ledger:
    """Reads the ledger up to an end that was stable."""

    def __init__(self, consumer: KafkaConsumer, topic: str, ends: dict[int, int], tell: Tell) -> None:
        self._consumer = consumer
        self._topic = topic
        self._ends = ends
        self._tell = tell
        self._told: set[tuple[int, int]] = set()
        self._begins = fetch_begins(consumer, topic, ends)
        self.shape = LedgerShape(0)

    @property
    def begin(self) -> int:
        """The first offset of the follower's partition."""
        return int(self._begins[FOLLOWER_PARTITION])

    def find(self, first: int | None, partitions: int) -> None:
        """Look back from the end until where block ``first`` begins is known; without one, all of it.

        That takes a lower block, and in each of ``partitions`` the end of some lower block.
        """
        step = _FIRST_STEP
        end = self._ends[FOLLOWER_PARTITION]
        while True:
            start = self.begin if first is None else max(self.begin, end - step)
            self.shape = self._scan(start, first)
            below = first is not None and self.shape.lowest is not None and self.shape.lowest < first
            if start == self.begin or (below and len(self.shape.partitions) >= partitions):
                return
            step *= 8

    def blocks(self, start: int | None = None) -> Iterator[LedgerEntry]:
        """The follower's blocks that count, in the order of the chain."""
        reorgs, removed = self.shape.reorgs, self.shape.removed
        passed = 0
        for entry in self._entries(FOLLOWER_PARTITION, self.shape.start if start is None else start):
            if not isinstance(entry, LedgerEntry):
                continue
            while passed < len(reorgs) and reorgs[passed][0] <= entry.offset:
                passed += 1
            height = entry.record.block_number
            is_left = passed < len(reorgs) and height >= reorgs[passed][1]
            if not is_left and removed.get(height, -1) < entry.offset:
                yield entry

    def backfilled(self, check: Callable[[LedgerEntry, LedgerEntry | None], None]) -> dict[int, LedgerEntry]:
        """The blocks of the backfill by their heights: some 600 bytes each.

        ``check`` is called with each record, and with the one of the same height that was read before.
        """
        found: dict[int, LedgerEntry] = {}
        slots = [p for p, end in self._ends.items() if p != FOLLOWER_PARTITION and end > self._begins[p]]
        for partition in slots:
            for entry in self._entries(partition, self._begins[partition]):
                if isinstance(entry, LedgerEntry):
                    check(entry, found.get(entry.record.block_number))
                    found[entry.record.block_number] = entry
                elif isinstance(entry, Tombstone):
                    found.pop(entry.height, None)
        return found

    def read_claim(self, tip: LedgerEntry) -> Claim | None:
        """The newest claim; ``None``, and a difference, where there is none."""
        if self.shape.claimed is not None:
            return self.shape.claimed.claim
        offset = tip.record.claim
        if self._begins[tip.partition] <= offset < self._ends[tip.partition]:
            for found in self._entries(tip.partition, offset, offset + 1):
                if isinstance(found, Claimed):
                    return found.claim
        self._tell(
            Difference(
                Kind.LEDGER_CLAIM,
                f"the block's claim is not at offset {offset}",
                tip.record.block_number,
                topic=self._topic,
                partition=tip.partition,
                offset=tip.offset,
            )
        )
        return None

    def _scan(self, start: int, first: int | None) -> LedgerShape:
        shape = LedgerShape(start)
        highest = -1
        for entry in self._entries(FOLLOWER_PARTITION, start):
            if isinstance(entry, Claimed):
                shape.claimed = entry
            elif isinstance(entry, Tombstone):
                shape.removed[entry.height] = entry.offset
            else:
                height = entry.record.block_number
                if height <= highest:
                    shape.go_back(entry.offset, height)
                highest = height
                shape.lowest = height if shape.lowest is None else min(shape.lowest, height)
                shape.removed.pop(height, None)
                if first is not None and height < first:
                    shape.partitions |= entry.record.offsets.keys()
        return shape

    def _entries(
        self, partition: int, start: int, stop: int | None = None
    ) -> Iterator[LedgerEntry | Claimed | Tombstone]:
        """Everything in a part of a partition that means something."""
        topic_partition = TopicPartition(self._topic, partition)
        self._consumer.assign([topic_partition])
        end = self._ends[partition] if stop is None else stop
        for record in read_range(self._consumer, topic_partition, start, end):
            parsed = self._parse(record)
            if isinstance(parsed, Claim):
                yield Claimed(parsed, record.offset)
            elif isinstance(parsed, BlockRecord):
                yield LedgerEntry(parsed, partition, record.offset)
            elif record.value is None and (height := height_of_key(record.key)) is not None:
                yield Tombstone(height, record.offset)

    def _parse(self, record: ConsumerRecord) -> BlockRecord | Claim | None:
        where = f"record {record.offset} of {record.topic}-{record.partition}"
        try:
            return parse_ledger_record(record.key, record.value, where)
        except LedgerError as exc:
            if exc.__cause__ is None:
                # A newer format: nothing that this version could judge.
                raise
            place = (record.partition, record.offset)
            if place not in self._told:
                self._told.add(place)
                self._tell(
                    Difference(
                        Kind.FOREIGN,
                        str(exc),
                        topic=record.topic,
                        partition=record.partition,
                        offset=record.offset,
                    )
                )
            return None
