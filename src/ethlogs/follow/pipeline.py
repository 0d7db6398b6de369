"""The way of a block: head seen, fetched and proven, encoded, committed with its ledger record, counted.

It follows the node's chain from the tip of a stream that this run holds. Where the node's chain leaves
the stream's, the orphaned blocks are retracted in the transaction that begins the new branch.
"""

from __future__ import annotations

import time
from collections import Counter
from functools import partial

from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import NodeError, ReorgError
from ethlogs.event_log import Record, encode_retraction
from ethlogs.follow.batch import BlockBatch
from ethlogs.follow.early_block import EarlyBlock
from ethlogs.follow.early_transaction import EarlyTransaction
from ethlogs.follow.head import HeadWatcher
from ethlogs.follow.heartbeat import kept_visible
from ethlogs.follow.held_stream import HeldStream
from ethlogs.follow.open_stream import OpenStream
from ethlogs.follow.recent import RecentLogs
from ethlogs.follow.reorg import (
    Branch,
    BranchChanged,
    Retraction,
    require_child,
    require_child_of_backfilled,
)
from ethlogs.ledger import BlockRecord, Reorgs
from ethlogs.node import BlockSource
from ethlogs.run.journal import Journal
from ethlogs.settings import RunSettings
from ethlogs.stream.block import BlockEncoder, PreparedBlock, prepare_block, prepare_early_block
from ethlogs.stream.prefetch import Prefetcher
from ethlogs.stream.read_back import read_event_logs

_TAKE_SECONDS = 0.5


class Pipeline:
    """Follows the chain for one attempt of a run, also where the stream has to be taken again."""

    def __init__(self, settings: RunSettings, stop: StopSwitch, journal: Journal, opened: OpenStream) -> None:
        self._settings = settings
        self._stop = stop
        self._journal = journal
        self._trouble = opened.trouble
        self._node = opened.node
        self._topics = opened.topics
        self._watch = opened.watch
        self._encoder = BlockEncoder(opened.chain.chain_id, settings.selection)
        patience_seconds = settings.node.patience_seconds
        self.head = HeadWatcher(opened.node, settings.follow, patience_seconds, stop, journal.notify)
        self._source = BlockSource(opened.node, settings.follow.proof, patience_seconds, stop, journal.notify)
        self._branch = Branch(settings, opened.node, self._source, stop)
        self._recent = RecentLogs()
        self._unsettled = Backoff(0.05, 2.0)
        self._took = False
        self._counted: BlockRecord | None = None
        self._sent_proofs: Counter[str] = Counter()
        """Of the blocks of the newest commit: where its answer is lost, the ledger's tip has only its own."""
        journal.watch(self._source)

    def look_at_tip(self, tip: BlockRecord | None) -> None:
        """Count what commits without an answer have left on Kafka, whenever the stream is taken again."""
        if self._took and tip is not None and tip.run == self._settings.run:
            self._count_missed(tip)
        self._took, self._counted = True, tip

    def follow(self, stream: HeldStream) -> None:
        """Commit block after block until the claim's last one is there.

        Raises
        ------
        ReorgError
            When the node's chain does not have the stream's tip and that may not be retracted.
        EthlogsError
            Why the node or Kafka could not be used.
        """
        retraction: Retraction | None = None
        with kept_visible(stream), self.head.pushed():
            while True:
                try:
                    self._follow_branch(stream, retraction)
                    return
                except BranchChanged as changed:
                    retraction = self._settle(stream, changed)

    def _follow_branch(self, stream: HeldStream, retraction: Retraction | None) -> None:
        last = stream.claim.last_block
        following = retraction.first_block if retraction else stream.following
        with (
            EarlyBlock(partial(prepare_early_block, self._source, self._encoder)) as early_block,
            Prefetcher(partial(self._prepare, early_block), following) as prefetcher,
        ):
            while last is None or following <= last:
                self._stop.check()
                self._watch.check()
                head = self.head.wait_for(
                    following,
                    check_tip=partial(self._check_at_tip, stream, early_block),
                    on_push=None if prefetcher.allows(following) else partial(early_block.begin, following),
                )
                self._journal.head = head
                wanted = head if last is None else min(head, last)
                prefetcher.extend(wanted)
                self._commit_some(stream, prefetcher, wanted, retraction)
                retraction, following = None, stream.following

    def _check_at_tip(self, stream: HeldStream, early_block: EarlyBlock) -> None:
        """Look whether the node still has the tip: then all is committed, and every trouble is over."""
        early_block.drop()
        stream.check()
        self._branch.check(stream.tip)
        self._trouble.over()
        self._unsettled.reset()

    def _prepare(self, early_block: EarlyBlock, height: int) -> PreparedBlock:
        return early_block.take(height) or prepare_block(self._source, self._encoder, height)

    def _commit_some(
        self, stream: HeldStream, prefetcher: Prefetcher, wanted: int, retraction: Retraction | None
    ) -> None:
        """One transaction: one block at the head, as many up to ``wanted`` as its bounds allow behind it."""
        with EarlyTransaction(stream, self._topics) as early:
            if retraction is None:
                early.begin(stream.tip)
            first = self._take_first(stream, prefetcher, early)
            self._commit_from(first, stream, prefetcher, wanted, retraction, early)

    def _commit_from(
        self,
        first: PreparedBlock,
        stream: HeldStream,
        prefetcher: Prefetcher,
        wanted: int,
        retraction: Retraction | None,
        early: EarlyTransaction,
    ) -> None:
        previous = retraction.ancestor if retraction else stream.tip
        if previous is not None:
            require_child(first, previous.block_number, previous.block_hash)
        meets_history = previous is None or first.number > previous.block_number + 1
        if meets_history:
            self._check_seam(stream, first, is_committed=False)
        finalized = self.head.finalized.fetch()
        retractions = self._encode_retractions(retraction) if retraction else []
        batch = BlockBatch(early.take(), self._topics, stream.claim, stream.claim_offset, previous, finalized)
        if retraction is not None:
            batch.retract(retraction, retractions)
        batch.add(first)
        self._fill(batch, prefetcher, first, wanted)
        self._sent_proofs = Counter(block.proof for block in batch.blocks)
        self._counted = stream.tip = batch.commit(stream.event_logs, stream.ledger)
        self._count(batch.blocks, retraction)
        if meets_history:
            # A backfill may have committed the block below in the same moment. It looks after its commit,
            # too, so whichever of the two was later sees the other one's block.
            self._check_seam(stream, first, is_committed=True)

    def _check_seam(self, stream: HeldStream, first: PreparedBlock, *, is_committed: bool) -> None:
        """Refuse a first block that is not a child of the block that a backfill has right below it by now."""
        below = stream.find_backfilled(first.number - 1)
        if below is not None:
            require_child_of_backfilled(first, below, is_committed=is_committed)

    def _take_first(
        self, stream: HeldStream, prefetcher: Prefetcher, early: EarlyTransaction
    ) -> PreparedBlock:
        while True:
            block = prefetcher.take(_TAKE_SECONDS)
            if block is not None:
                return block
            early.end_where_slow()
            self._stop.check()
            stream.check()

    def _fill(self, batch: BlockBatch, prefetcher: Prefetcher, last: PreparedBlock, wanted: int) -> None:
        """Add what is ready; a new branch is waited for, so that a slow node does not split a reorg."""
        while last.number < wanted and not batch.is_full and not self._stop.requested:
            try:
                following = prefetcher.take(_TAKE_SECONDS)
            except NodeError:
                # What is proven is committed first; the next transaction begins with this error.
                return
            if following is not None:
                last = require_child(following, last.number, last.hash)
                batch.add(last)
            elif not batch.is_reorg:
                return

    def _settle(self, stream: HeldStream, changed: BranchChanged) -> Retraction | None:
        """Find out whether the node lags or swings, which passes, or has reorganized its chain."""
        if self._unsettled.failing_seconds > self._settings.node.patience_seconds:
            raise ReorgError(
                f"node {self._node.name} has contradicted itself for"
                f" {self._settings.node.patience_seconds:g} seconds: {changed}; nothing of it was produced",
                hint="are several nodes of different branches behind this URL?",
            ) from changed
        self._unsettled.wait(self._stop.pause)
        if stream.tip is None or not self._branch.has_left(stream.tip):
            return None
        retraction = self._branch.find_retraction()
        if retraction is None or retraction.is_whole:
            return retraction
        self._commit_piece(stream, retraction)
        return None

    def _commit_piece(self, stream: HeldStream, retraction: Retraction) -> None:
        """Retract the newest blocks of a reorg that one transaction does not take."""
        finalized = self.head.finalized.fetch()
        retractions = self._encode_retractions(retraction)
        with stream.transaction() as transaction:
            batch = BlockBatch(
                transaction, self._topics, stream.claim, stream.claim_offset, retraction.ancestor, finalized
            )
            batch.retract(retraction, retractions)
            self._counted = stream.tip = batch.commit(stream.event_logs, stream.ledger)
        self._count([], retraction)

    def _encode_retractions(self, retraction: Retraction) -> list[Record]:
        """The retractions of the orphaned blocks' event logs, newest first.

        Before the transaction is begun: reading back a deep reorg may take longer than the broker lets a
        transaction stay open.
        """
        logs = {orphan.block_hash: self._recent.find(orphan.block_hash) for orphan in retraction.orphans}
        forgotten = [o for o in retraction.orphans if o.produced and logs[o.block_hash] is None]
        if forgotten:
            logs |= read_event_logs(self._settings.kafka, self._topics.event_logs.name, forgotten)
            self._journal.meter.counters.read_back_logs += sum(orphan.produced for orphan in forgotten)
        return [
            encode_retraction(record)
            for orphan in retraction.orphans
            for record in reversed(logs[orphan.block_hash] or [])
        ]

    def _count(self, blocks: list[PreparedBlock], retraction: Retraction | None) -> None:
        self._trouble.over()
        self._unsettled.reset()
        meter = self._journal.meter
        if retraction is not None:
            self._journal.notify(_describe(retraction))
            meter.count_reorg(
                retraction.depth, len(retraction.orphans), retraction.logs, whole=retraction.is_whole
            )
        elif len(blocks) == 1 and blocks[0].number == self.head.height:
            meter.count_latency(time.monotonic() - self.head.seen_at)
        for block in blocks:
            self._recent.keep(block)
            self.head.finalized.remember(block.number, block.hash)
            meter.count_block(
                block.number,
                block.hash,
                len(block.records),
                proof=block.proof,
                unproven_logs=block.unproven_logs,
            )

    def _count_missed(self, tip: BlockRecord) -> None:
        """By the counts that the ledger keeps: what is there now against what was counted last."""
        before = self._counted
        reorgs, earlier = tip.stream_reorgs, before.stream_reorgs if before else Reorgs()
        back, back_logs = reorgs.blocks - earlier.blocks, reorgs.logs - earlier.logs
        blocks = tip.stream_blocks - (before.stream_blocks if before else 0) + back
        logs = tip.stream_logs - (before.stream_logs if before else 0) + back_logs
        meter = self._journal.meter
        if back:
            meter.count_reorg(reorgs.deepest, back, back_logs, whole=reorgs.count > earlier.count)
        if blocks:
            # What was left out of a block that is gone again does not show in the ledger's count.
            unproven = tip.stream_unproven_logs - (before.stream_unproven_logs if before else 0)
            is_newest = self._sent_proofs.total() == blocks
            meter.count_blocks(
                tip.block_number,
                tip.block_hash,
                logs,
                proofs=self._sent_proofs if is_newest else {tip.proof: blocks},
                unproven_logs=max(0, unproven),
            )


def _describe(retraction: Retraction) -> str:
    blocks = f"blocks {retraction.first_block} to {retraction.last_block}"
    if retraction.first_block == retraction.last_block:
        blocks = f"block {retraction.first_block}"
    return (
        f"the chain was reorganized, {retraction.depth} deep: retracted {blocks} with"
        f" {retraction.logs:,} event logs"
    )
