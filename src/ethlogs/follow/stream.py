"""A stream held by this run: claimed, its tip known, and blocks committed to it in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ethlogs.errors import TopicError
from ethlogs.event_log import Record, encode_retraction
from ethlogs.follow.prefetch import PreparedBlock
from ethlogs.follow.reorg import Retraction
from ethlogs.kafka.topics import Topic
from ethlogs.kafka.writer import Transaction, TransactionalWriter
from ethlogs.ledger import CLAIM_KEY, FOLLOWER_PARTITION, BlockRecord, Claim, Reorgs, StreamIdentity

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
        )


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
        self._blocks: list[tuple[PreparedBlock, dict[int, int]]] = []
        self._retraction: Retraction | None = None
        self._retracted_last: dict[int, int] = {}
        self._reorgs = previous.stream_reorgs if previous else Reorgs()

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

    def retract(self, retraction: Retraction, read_logs: Callable[[BlockRecord], list[Record]]) -> None:
        """Hand the retractions of the orphaned blocks' event logs to the producer, newest first."""
        topic = self._topics.event_logs
        self._retraction = retraction
        self._reorgs = _count_reorg(retraction)
        for orphan in retraction.orphans:
            records = [encode_retraction(record) for record in reversed(read_logs(orphan))]
            self._retracted_last |= self._transaction.send_all(topic.name, topic.partitions, records)

    def add(self, block: PreparedBlock) -> None:
        """Hand the block's event logs to the producer."""
        topic = self._topics.event_logs
        self._blocks.append((block, self._transaction.send_all(topic.name, topic.partitions, block.records)))

    def commit(self) -> BlockRecord:
        """Commit the blocks with their ledger records; returns the new tip."""
        self._transaction.settle()
        tip = self._previous
        if self._retraction is not None:
            for orphan in self._retraction.orphans:
                self._send(orphan.key, None)
            tip = self._previous and self._record_again(self._previous)
        for block, last in self._blocks:
            tip = self._record(block, last, tip)
            self._send(tip.key, tip.encode())
        if tip is None:
            raise AssertionError("a batch has at least one block")
        self._transaction.commit()
        return tip

    def _send(self, key: bytes, value: bytes | None) -> None:
        self._transaction.send(self._topics.ledger.name, FOLLOWER_PARTITION, key, value)

    def _record_again(self, ancestor: BlockRecord) -> BlockRecord:
        """The ancestor is the tip again; past its offsets a consumer has the retractions too."""
        again = replace(
            ancestor,
            offsets=ancestor.offsets | self._offsets(self._retracted_last),
            run=self._claim.run,
            claim=self._claim_offset,
            stream_reorgs=self._reorgs,
        )
        self._send(again.key, again.encode())
        return again

    def _offsets(self, last: dict[int, int]) -> dict[int, int]:
        return {partition: self._transaction.offset(number) for partition, number in sorted(last.items())}

    def _record(
        self, block: PreparedBlock, last: dict[int, int], previous: BlockRecord | None
    ) -> BlockRecord:
        return BlockRecord(
            chain_id=self._claim.identity.chain_id,
            block_number=block.number,
            block_hash=block.hash,
            parent_hash=block.parent_hash,
            block_timestamp=block.timestamp,
            transactions=block.transactions,
            logs=len(block.records),
            proof=block.proof,
            finalized=self._finalized,
            offsets=self._offsets(last if previous else self._retracted_last | last),
            run=self._claim.run,
            claim=self._claim_offset,
            stream_blocks=(previous.stream_blocks if previous else 0) + 1,
            stream_logs=(previous.stream_logs if previous else 0) + len(block.records),
            stream_reorgs=self._reorgs,
        )


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

    @property
    def following(self) -> int:
        """The height that comes next."""
        if self.tip is None or self.tip.block_number == self.claim.gap_after:
            return self.claim.first_block
        return self.tip.block_number + 1
