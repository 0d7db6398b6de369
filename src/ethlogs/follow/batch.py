"""The blocks of one transaction of the follower: their event logs, then the ledger's records."""

from __future__ import annotations

import time
from functools import partial

from msgspec.structs import replace

from ethlogs.event_log import Record
from ethlogs.follow.reorg import Retraction
from ethlogs.heights import FOLLOWER_PARTITION, Ranges, add_height, drop_from, next_height
from ethlogs.kafka.writer import Numbers, Transaction
from ethlogs.ledger import BlockRecord, Claim, Reorgs, Span
from ethlogs.stream.block import PreparedBlock
from ethlogs.stream.identity import StreamTopics
from ethlogs.stream.offsets import RisingOffsets, join_spans

MAX_RECORDS = 10_000
MAX_BYTES = 16 << 20
MAX_SECONDS = 5.0
"""Bounds of one transaction, which always has at least one whole block."""


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
        partition: int = FOLLOWER_PARTITION,
    ) -> None:
        self._partition = partition
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
        # Its records come last, once the offsets of all others are known.
        transaction.join(topics.ledger.name, [partition])

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
    def is_reorg(self) -> bool:
        """Whether it takes blocks back."""
        return self._retraction is not None

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
            retracted = _span_orphans(self._retraction, retracted)
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
        ledger.check(self._transaction.offsets({self._partition: (numbers[0], numbers[-1])}))
        self._transaction.commit()
        return tip

    def _send(self, key: bytes, value: bytes | None) -> int:
        return self._transaction.send(self._topics.ledger.name, self._partition, key, value)

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
        following = partial(
            next_height, partition=self._partition, ledger_partitions=self._topics.ledger.partitions
        )
        self._ranges = add_height(self._ranges, block.number, following)
        return BlockRecord(
            chain_id=self._claim.identity.chain_id,
            block_number=block.number,
            block_hash=block.hash,
            parent_hash=block.parent_hash,
            block_timestamp=block.timestamp,
            transactions=block.transactions,
            logs=block.logs,
            produced=len(block.records),
            unproven_logs=block.unproven_logs,
            proof=block.proof,
            finalized=self._finalized,
            offsets=offsets,
            ranges=self._ranges,
            run=self._claim.run,
            claim=self._claim_offset,
            stream_blocks=(previous.stream_blocks if previous else 0) + 1,
            stream_logs=(previous.stream_logs if previous else 0) + len(block.records),
            stream_unproven_logs=(previous.stream_unproven_logs if previous else 0) + block.unproven_logs,
            stream_reorgs=self._reorgs,
        )


def _span_orphans(retraction: Retraction, retracted: dict[int, Span]) -> dict[int, Span]:
    """Return the spans from the oldest orphan's first record to the last retraction.

    An orphan may be the ancestor of an earlier reorg. Compaction takes its record away, and a consumer that
    has not read it finds that reorg's retractions only through what is written now.
    """
    spans: dict[int, Span] = {}
    for orphan in reversed(retraction.orphans):
        spans = join_spans(spans, orphan.offsets)
    return join_spans(spans, retracted)


def _count_reorg(retraction: Retraction) -> Reorgs:
    before = retraction.orphans[0].stream_reorgs
    return Reorgs(
        count=before.count + int(retraction.is_whole),
        deepest=max(before.deepest, retraction.depth),
        blocks=before.blocks + len(retraction.orphans),
        logs=before.logs + retraction.logs,
    )
