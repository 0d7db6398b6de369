"""The driver of a backfill: a range is looked at, its slots are taken, and it is filled hull by hull.

The ledger alone says what is done: after each task its slot is read again, and the run ends when the ledger
has all of the range.
"""

from __future__ import annotations

import contextlib
from functools import partial

from ethlogs.backfill.cluster import Cluster
from ethlogs.backfill.dispatch import LOOK_SECONDS, Dispatcher
from ethlogs.backfill.ends import EndsReader
from ethlogs.backfill.fill import build_claim
from ethlogs.backfill.hull_filler import HullFiller
from ethlogs.backfill.missing import SlotGaps, bounds, count_missing
from ethlogs.backfill.own_ledger import OwnLedger
from ethlogs.backfill.ownership import wait_until_free
from ethlogs.backfill.plan import LedgerEnds, cut_hulls
from ethlogs.backfill.progress import BackfillProgress
from ethlogs.backfill.shipped import ShippedSettings
from ethlogs.backfill.slots import claim_slots, release_slots
from ethlogs.backfill.task import TaskSettings
from ethlogs.backfill.wanted import choose_range
from ethlogs.errors import KafkaUnavailableError, LedgerError, SettingsError, SupersededError
from ethlogs.follow.head import HeadWatcher
from ethlogs.follow.open_stream import OpenStream, open_stream
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.reading import has_records
from ethlogs.node import BlockSource
from ethlogs.run.context import RunContext
from ethlogs.stream.block import BlockEncoder, prepare_block
from ethlogs.stream.tail import newest_tips
from ethlogs.stream.truncation import check_not_truncated


def run_backfill(context: RunContext, cluster: Cluster) -> None:
    """Produce what the ledger lacks of the range that the settings ask for.

    Raises
    ------
    EthlogsError
        Why the run ended before; what was committed stays.
    """
    with open_stream(context.settings, context.stop, context.journal) as stream:
        Backfill(context, cluster, stream).run()


class Backfill:
    """One attempt of a backfill."""

    def __init__(self, context: RunContext, cluster: Cluster, stream: OpenStream) -> None:
        self._context = context
        self._settings = context.settings
        self._stop = context.stop
        self._journal = context.journal
        self._cluster = cluster
        self._stream = stream
        self._identity = stream.identity
        partitions = stream.topics.ledger.partitions
        reader = EndsReader(self._settings.kafka, self._settings.stream, partitions)
        self._ledger = OwnLedger(context, reader, self._identity, stream.trouble)
        self._head = HeadWatcher(
            stream.node,
            self._settings.follow,
            self._settings.node.patience_seconds,
            self._stop,
            self._journal.notify,
        )
        self._progress = BackfillProgress(self._journal, cluster, reader)
        self._dispatcher = Dispatcher(context, cluster, partitions - 1, self._progress, self._look)
        self._has_claimed = False

    def run(self) -> None:
        """Fill until nothing is missing."""
        ends = self._ledger.read()
        if ends.follower.tip is None and ends.follower.newest is None and not ends.slot_tips:
            self._refuse_strange_records()
        self._check_not_truncated(ends)
        first, last = choose_range(
            self._settings.backfill, ends.follower, self._final_height, self._journal.notify
        )
        self._progress.begin(first, last, ends)
        try:
            self._fill_all(first, last)
        except BaseException as exc:
            self._cluster.cancel()
            if self._has_claimed:
                release_slots(self._settings, self._context.attempt, self._ledger.reader)
                # What is committed after another run has taken over is that run's.
                if not isinstance(exc, SupersededError):
                    self._progress.count_last()
            raise

    def _fill_all(self, first: int, last: int) -> None:
        has_said_waiting = False
        while True:
            self._stop.check()
            ends = self._ledger.read()
            gaps = ends.gaps(((first, last),))
            self._stream.trouble.until_success(partial(self._progress.look, ends, gaps))
            if not count_missing(gaps):
                self._finish(ends, first, last)
                return
            final = self._final_height()
            ready = tuple(gap.within(first, min(last, final)) for gap in gaps)
            if not count_missing(ready):
                if not has_said_waiting:
                    self._journal.notify(
                        f"waiting until block {last} is final; the newest final block is {final}"
                    )
                has_said_waiting = True
                self._stop.pause(LOOK_SECONDS)
                continue
            self._check_bounds(ready)
            self._take_over(first, last)
            filler = HullFiller(self._task_settings(first, last), self._dispatcher, self._ledger)
            filler.fill_all(cut_hulls(ready, ends.slots, self._settings.backfill.part_blocks), ready)

    def _refuse_strange_records(self) -> None:
        kafka, topics = self._settings.kafka, self._stream.topics
        if not has_records(kafka, topics.ledger) and has_records(kafka, topics.event_logs):
            raise LedgerError(
                "the event-log topic has records, but its ledger is empty: its records are not accounted for",
                hint="give another --topic. Where nobody needs these records, delete both topics and start"
                " again",
            )

    def _check_not_truncated(self, ends: LedgerEnds) -> None:
        kafka, topic = self._settings.kafka, self._stream.topics.event_logs.name
        tips = newest_tips(ends.tails)
        self._stream.trouble.until_success(lambda: check_not_truncated(kafka, topic, tips))

    def _final_height(self) -> int:
        """Return the highest height that is final.

        Raises
        ------
        SettingsError
            Where the chain has no finalized block, and no ``--confirmations`` says what else is final.
        """
        height = self._head.look()
        self._journal.head = height
        if height < 0 and self._settings.follow.head == "finalized":
            raise SettingsError(
                f"node {self._stream.node.name} has no finalized block: what is final cannot be known",
                hint="give --confirmations N on a chain without finalized blocks: blocks that deep count as"
                " final",
            )
        return height

    def _check_bounds(self, ready: tuple[SlotGaps, ...]) -> None:
        """Prove the lowest missing block, once: that a node lacks old ones is found before hours of filling.

        The highest one must be there: what a node only names may be far above all blocks, and such a range
        could not be planned.

        Raises
        ------
        NodeError
            As :meth:`ethlogs.node.BlockSource.fetch`.
        """
        found = bounds(ready)
        if found is None:
            return
        lowest, highest = found
        run = self._settings
        source = BlockSource(
            self._stream.node, run.follow.proof, run.node.patience_seconds, self._stop, self._journal.notify
        )
        source.fetch_header(highest)
        if not self._has_claimed:
            prepare_block(source, BlockEncoder(self._identity.chain_id, run.selection), lowest)

    def _take_over(self, first: int, last: int) -> None:
        """Claim all slots, once; from a backfill that still writes only where the user consents."""
        if self._has_claimed:
            return
        run = self._settings
        if not run.replace:
            wait_until_free(self._ledger.read, run.run, self._stop.pause, self._journal.notify)
        older = {claim.run for claim in self._ledger.read().slot_claims}
        self._has_claimed = True
        claim = build_claim(run, self._context.attempt, self._identity, (first, last))
        slots = range(FOLLOWER_PARTITION + 1, self._stream.topics.ledger.partitions)
        ends = self._stream.trouble.until_success(lambda: claim_slots(run, claim, slots, older, self._stop))
        self._ledger.keep_claims(ends)

    def _task_settings(self, first: int, last: int) -> TaskSettings:
        return TaskSettings(
            ShippedSettings(self._settings, self._context.settings_file),
            self._context.attempt,
            self._stream.topics,
            self._identity,
            first,
            last,
            self._ledger.slot_ends,
            self._dispatcher.share().requests,
        )

    def _finish(self, ends: LedgerEnds, first: int, last: int) -> None:
        if self._has_claimed:
            self._ledger.check_seam(ends)
        if self._journal.meter.counters.blocks:
            return
        nothing = (
            f"no block from {first} to {last} is missing"
            if first <= last
            else "all blocks are the follower's"
        )
        self._journal.notify(f"nothing to do: {nothing}")

    def _look(self) -> None:
        """Check the topics, and count what the ledger has now."""
        self._stream.watch.check()
        # A Kafka that is away for a moment is asked again a second later.
        with contextlib.suppress(KafkaUnavailableError):
            self._progress.count()
