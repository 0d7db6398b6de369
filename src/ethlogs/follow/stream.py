"""A stream held by this run: claimed, its tip known, and blocks committed to it in order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from ethlogs.errors import SettingsError, TopicError
from ethlogs.event_log import Record
from ethlogs.follow.prefetch import PreparedBlock
from ethlogs.follow.reorg import Retraction
from ethlogs.heights import FOLLOWER_PARTITION, Ranges, add_height, drop_from
from ethlogs.kafka.topics import Topic
from ethlogs.kafka.writer import Numbers, Transaction, TransactionalWriter
from ethlogs.ledger import CLAIM_KEY, BlockRecord, Claim, Reorgs, Span, StreamIdentity
from ethlogs.settings import StreamSettings

MAX_RECORDS = 10_000
MAX_BYTES = 16 << 20
MAX_SECONDS = 5.0
"""Bounds of one transaction, which always has at least one whole block."""


@dataclass(frozen=True)
class StreamTopics:
    """The stream's topics, as they were when the run began."""

    event_logs: Topic
    ledger: Topic

    def identity(self, chain_id: int, genesis_hash: str) -> StreamIdentity:
        """What the stream is bound to."""
        if not self.event_logs.topic_id or not self.ledger.topic_id:
            raise TopicError("this Kafka does not give topic ids (KIP-516): it must be 2.8 or later")
        return StreamIdentity(
            chain_id=chain_id,
            genesis_hash=genesis_hash,
            topic=self.event_logs.name,
            topic_id=self.event_logs.topic_id,
            ledger_topic_id=self.ledger.topic_id,
            partitions=self.event_logs.partitions,
            ledger_partitions=self.ledger.partitions,
        )


class RisingOffsets:
    """The newest offsets of a topic's partitions: a topic that was recreated begins at 0 again.

    That costs nothing: the brokers acknowledge every record with its offset.
    """

    def __init__(self, topic: str, newest: Mapping[int, int]) -> None:
        self._topic = topic
        self._newest = dict(newest)

    def check(self, offsets: Mapping[int, Span]) -> None:
        """Take the offsets of records that follow.

        Raises
        ------
        SettingsError
            When one of them is not above those before it.
        """
        for partition, (first, last) in offsets.items():
            newest = self._newest.get(partition, -1)
            if first <= newest:
                raise SettingsError(
                    f"the offsets of partition {partition} of {self._topic} fell from {newest} to {first}:"
                    " the topic was deleted and created again, or lost acknowledged records",
                    hint="nothing was committed to it. ethlogs verify names what is missing; begin a new"
                    " stream with another --topic",
                )
            self._newest[partition] = last


class BlockBatch:
    """Blocks of one transaction: their event logs first, then, with the offsets, the ledger's records.

    A reorg comes first in it: the retractions before the new branch's event logs, and in the ledger a
    tombstone for each orphaned height and the common ancestor again before the new branch's blocks.
    """

    def __init__(
        self,
        transaction: Transaction,
        topics: StreamTopics,
        claim: Claim,
        claim_offset: int,
        previous: BlockRecord | None,
        finalized: int | None,
    ) -> None:
        self._transaction = transaction
        self._topics = topics
        self._claim = claim
        self._claim_offset = claim_offset
        self._previous = previous
        self._finalized = finalized
        self._began_at = time.monotonic()
        self._blocks: list[tuple[PreparedBlock, Numbers]] = []
        self._retraction: Retraction | None = None
        self._retracted: Numbers = {}
        self._reorgs = previous.stream_reorgs if previous else Reorgs()
        self._ranges: Ranges = previous.ranges if previous else ()

    @property
    def is_full(self) -> bool:
        """Whether one of the bounds of a transaction is reached.

        A new branch is taken up to the old one's height whatever its size, so that consumers see one step.
        """
        if time.monotonic() - self._began_at >= MAX_SECONDS:
            return True
        if self._retraction and self._blocks and self._blocks[-1][0].number < self._retraction.last_block:
            return False
        return self._transaction.records >= MAX_RECORDS or self._transaction.size_bytes >= MAX_BYTES

    @property
    def blocks(self) -> list[PreparedBlock]:
        """The blocks so far."""
        return [block for block, _ in self._blocks]

    def retract(self, retraction: Retraction, records: list[Record]) -> None:
        """Hand the retractions of the orphaned blocks' event logs to the producer, newest first."""
        topic = self._topics.event_logs
        self._retraction = retraction
        self._reorgs = _count_reorg(retraction)
        self._ranges = drop_from(retraction.orphans[0].ranges, retraction.first_block)
        self._retracted = self._transaction.send_all(topic.name, topic.partitions, records)

    def add(self, block: PreparedBlock) -> None:
        """Hand the block's event logs to the producer."""
        topic = self._topics.event_logs
        self._blocks.append((block, self._transaction.send_all(topic.name, topic.partitions, block.records)))

    def commit(self, event_logs: RisingOffsets, ledger: RisingOffsets) -> BlockRecord:
        """Commit the blocks with their ledger records; returns the new tip.

        Raises
        ------
        SettingsError
            When the offsets show that a topic was recreated; nothing is committed then.
        """
        self._transaction.settle()
        retracted = self._transaction.offsets(self._retracted)
        event_logs.check(retracted)
        tip, numbers = self._previous, []
        if self._retraction is not None:
            numbers += [self._send(orphan.key, None) for orphan in self._retraction.orphans]
            tip = self._previous and self._record_again(self._previous, retracted)
            numbers += [self._send(tip.key, tip.encode())] if tip else []
        for block, places in self._blocks:
            own = self._transaction.offsets(places)
            event_logs.check(own)
            # Without an ancestor there is no other record that could lead a consumer to the retractions.
            tip = self._record(block, own if tip else join_spans(retracted, own), tip)
            numbers.append(self._send(tip.key, tip.encode()))
        if tip is None:
            raise AssertionError("a batch has at least one block")
        self._transaction.settle()
        ledger.check(self._transaction.offsets({FOLLOWER_PARTITION: (numbers[0], numbers[-1])}))
        self._transaction.commit()
        return tip

    def _send(self, key: bytes, value: bytes | None) -> int:
        return self._transaction.send(self._topics.ledger.name, FOLLOWER_PARTITION, key, value)

    def _record_again(self, ancestor: BlockRecord, retracted: dict[int, Span]) -> BlockRecord:
        """The ancestor is the tip again; its offsets reach to the end of the retractions now."""
        return replace(
            ancestor,
            offsets=join_spans(ancestor.offsets, retracted),
            ranges=self._ranges,
            run=self._claim.run,
            claim=self._claim_offset,
            stream_reorgs=self._reorgs,
        )

    def _record(
        self, block: PreparedBlock, offsets: dict[int, Span], previous: BlockRecord | None
    ) -> BlockRecord:
        self._ranges = add_height(self._ranges, block.number)
        return BlockRecord(
            chain_id=self._claim.identity.chain_id,
            block_number=block.number,
            block_hash=block.hash,
            parent_hash=block.parent_hash,
            block_timestamp=block.timestamp,
            transactions=block.transactions,
            logs=len(block.records),
            produced=len(block.records),
            proof=block.proof,
            finalized=self._finalized,
            offsets=offsets,
            ranges=self._ranges,
            run=self._claim.run,
            claim=self._claim_offset,
            stream_blocks=(previous.stream_blocks if previous else 0) + 1,
            stream_logs=(previous.stream_logs if previous else 0) + len(block.records),
            stream_reorgs=self._reorgs,
        )


def join_spans(earlier: Mapping[int, Span], later: Mapping[int, Span]) -> dict[int, Span]:
    """Spans by partition, from the beginning of the earlier to the end of the later ones."""
    joined = {
        partition: (earlier.get(partition, later_span)[0], later_span[1])
        for partition, later_span in later.items()
    }
    return dict(sorted({**earlier, **joined}.items()))


def _count_reorg(retraction: Retraction) -> Reorgs:
    before = retraction.orphans[0].stream_reorgs
    return Reorgs(
        count=before.count + int(retraction.is_whole),
        deepest=max(before.deepest, retraction.depth),
        blocks=before.blocks + len(retraction.orphans),
        logs=before.logs + retraction.logs,
    )


def commit_claim(writer: TransactionalWriter, ledger_topic: str, claim: Claim) -> int:
    """Commit a claim; returns its offset."""
    with writer.transaction() as transaction:
        number = transaction.send(ledger_topic, FOLLOWER_PARTITION, CLAIM_KEY, claim.encode())
        transaction.commit()
        return transaction.offset(number)


@dataclass
class HeldStream:
    """A stream whose newest claim is this run's, and its tip as this run left it."""

    writer: TransactionalWriter
    claim: Claim
    claim_offset: int
    tip: BlockRecord | None
    event_logs: RisingOffsets = field(init=False)
    ledger: RisingOffsets = field(init=False)

    def __post_init__(self) -> None:
        identity = self.claim.identity
        self.event_logs = RisingOffsets(identity.topic, self.tip.last_offsets if self.tip else {})
        self.ledger = RisingOffsets(
            StreamSettings(identity.topic).ledger_topic, {FOLLOWER_PARTITION: self.claim_offset}
        )

    @property
    def following(self) -> int:
        """The height that comes next."""
        if self.tip is None or self.tip.block_number == self.claim.gap_after:
            return self.claim.first_block
        return self.tip.block_number + 1
