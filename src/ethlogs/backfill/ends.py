"""The ends of a ledger's partitions, and the record of the block beside a range, read from Kafka."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from ethlogs.backfill.link import to_bytes
from ethlogs.backfill.plan import Hull, LedgerEnds
from ethlogs.errors import BrokenChainError, LedgerError
from ethlogs.heights import FOLLOWER_PARTITION, holds, partition_of_slot, slot_of
from ethlogs.kafka.reading import fetch_begin, fetch_end, open_consumer, read_range
from ethlogs.ledger import BlockRecord, parse_ledger_record
from ethlogs.settings import KafkaSettings, StreamSettings
from ethlogs.stream.tail import Tail, read_tails

_DEEPEST_REORG = 4_096
"""The follower's partition may have a height again after a reorg, but not from so far above."""


@dataclass(frozen=True)
class EndsReader:
    """Reads the ledger of one stream."""

    kafka: KafkaSettings
    stream: StreamSettings
    partitions: int

    def read(self) -> LedgerEnds:
        """Read the ends of all partitions."""
        return LedgerEnds(self.read_some(range(self.partitions)))

    def read_some(self, partitions: Collection[int]) -> dict[int, Tail]:
        """Read the ends of some partitions."""
        return read_tails(self.kafka, self.stream.ledger_topic, partitions)

    def find_known(self, ends: LedgerEnds, hull: Hull) -> dict[int, bytes]:
        """Return the hashes that the ledger has of the block below a hull, and of slots' last ones in it."""
        known = {
            tip.block_number: to_bytes(tip.block_hash)
            for tip in ends.slot_tips
            if hull.first <= tip.block_number <= hull.last
        }
        below = self.find_record(ends, hull.first - 1)
        if below is not None:
            known[below.block_number] = to_bytes(below.block_hash)
        return known

    def find_record(self, ends: LedgerEnds, height: int) -> BlockRecord | None:
        """Return the ledger's record of a height; ``None`` where it has none."""
        if height < 0:
            return None
        for number in (FOLLOWER_PARTITION, partition_of_slot(slot_of(height, ends.slots))):
            tip = ends.tails[number].tip
            if tip is not None and holds(tip.ranges, height):
                return tip if tip.block_number == height else self._scan(number, height)
        return None

    def count_proofs(self, parts: Mapping[int, tuple[int, int]]) -> dict[int, Counter[str]]:
        """Return how many blocks were proven in which way, between two offsets of each partition."""
        with open_consumer(self.kafka) as consumer:
            return {number: self._count_proofs(consumer, number, *part) for number, part in parts.items()}

    def _count_proofs(self, consumer: KafkaConsumer, number: int, begin: int, end: int) -> Counter[str]:
        partition = TopicPartition(self.stream.ledger_topic, number)
        consumer.assign([partition])
        proofs: Counter[str] = Counter()
        for row in read_range(consumer, partition, begin, end):
            with contextlib.suppress(LedgerError):  # another program's record
                parsed = parse_ledger_record(row.key, row.value, f"record {row.offset} of {partition.topic}")
                if isinstance(parsed, BlockRecord):
                    proofs[parsed.proof] += 1
        return proofs

    def _scan(self, number: int, height: int) -> BlockRecord | None:
        """Read a partition from its beginning until the height is settled."""
        partition = TopicPartition(self.stream.ledger_topic, number)
        found: BlockRecord | None = None
        with open_consumer(self.kafka) as consumer:
            consumer.assign([partition])
            begin, end = fetch_begin(consumer, partition), fetch_end(consumer, partition)
            for row in read_range(consumer, partition, begin, end):
                parsed = parse_ledger_record(row.key, row.value, f"record {row.offset} of {partition.topic}")
                if not isinstance(parsed, BlockRecord):
                    continue
                if parsed.block_number == height:
                    found = parsed
                    if number != FOLLOWER_PARTITION:
                        break
                elif found is not None and parsed.block_number > height + _DEEPEST_REORG:
                    break
        return found


def check_seam(reader: EndsReader, ends: LedgerEnds) -> None:
    """Compare the follower's lowest block with the backfilled one right below it, where both are there.

    Raises
    ------
    BrokenChainError
        With both hashes.
    """
    if ends.follower.tip is None:
        return
    first = ends.follower.tip.ranges[0][0]
    child, below = reader.find_record(ends, first), reader.find_record(ends, first - 1)
    if child is not None and below is not None and child.parent_hash != below.block_hash:
        raise BrokenChainError(
            f"the followed block {first} has the parent {child.parent_hash}, and the backfilled block"
            f" {first - 1} is {below.block_hash}; both are committed",
            hint="were the nodes of both runs in sync, and on one chain? ethlogs verify shows which of the"
            " blocks is not the chain's",
        )
