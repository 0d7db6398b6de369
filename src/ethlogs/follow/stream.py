"""A stream held by this run: claimed, its tip known, and blocks committed to it in order."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ethlogs.errors import TopicError
from ethlogs.event_log import Record
from ethlogs.follow.prefetch import PreparedBlock
from ethlogs.kafka.tail import Tail
from ethlogs.kafka.topics import Topic
from ethlogs.kafka.writer import Transaction, TransactionalWriter
from ethlogs.ledger import CLAIM_KEY, FOLLOWER_PARTITION, BlockRecord, Claim, StreamIdentity

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
    """Blocks of one transaction: their event logs first, then, with the offsets, the ledger's records."""

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

    @property
    def is_full(self) -> bool:
        """Whether one of the bounds of a transaction is reached."""
        return (
            self._transaction.records >= MAX_RECORDS
            or self._transaction.size_bytes >= MAX_BYTES
            or time.monotonic() - self._began_at >= MAX_SECONDS
        )

    @property
    def blocks(self) -> list[PreparedBlock]:
        """The blocks so far."""
        return [block for block, _ in self._blocks]

    def add(self, block: PreparedBlock) -> None:
        """Hand the block's event logs to the producer."""
        topic = self._topics.event_logs
        self._blocks.append((block, self._transaction.send_all(topic.name, topic.partitions, block.records)))

    def commit(self) -> BlockRecord:
        """Commit the blocks with their ledger records; returns the new tip."""
        self._transaction.settle()
        tip = self._previous
        for block, last in self._blocks:
            tip = self._record(block, last, tip)
            self._transaction.send(
                self._topics.ledger.name, FOLLOWER_PARTITION, Record(tip.key, tip.encode())
            )
        if tip is None:
            raise AssertionError("a batch has at least one block")
        self._transaction.commit()
        return tip

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
            proof=self._claim.proof,
            finalized=self._finalized,
            offsets={p: self._transaction.offset(number) for p, number in sorted(last.items())},
            run=self._claim.run,
            claim=self._claim_offset,
            stream_blocks=(previous.stream_blocks if previous else 0) + 1,
            stream_logs=(previous.stream_logs if previous else 0) + len(block.records),
        )


def commit_claim(writer: TransactionalWriter, ledger_topic: str, claim: Claim) -> int:
    """Commit a claim; returns its offset."""
    with writer.transaction() as transaction:
        number = transaction.send(ledger_topic, FOLLOWER_PARTITION, Record(CLAIM_KEY, claim.encode()))
        transaction.commit()
        return transaction.offset(number)


@dataclass(frozen=True)
class HeldStream:
    """A stream whose newest claim is this run's."""

    writer: TransactionalWriter
    claim: Claim
    claim_offset: int
    tail: Tail
