"""The driver of a backfill: what is missing is linked hull by hull, and filled by tasks, slot by slot.

The ledger alone says what is done: after each task its slot is read again, and the run ends when the ledger
has all of the range.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from ethlogs.backfill.cluster import Cluster, TaskLostError
from ethlogs.backfill.ends import EndsReader, check_seam
from ethlogs.backfill.fill import TASK_SECONDS, build_claim
from ethlogs.backfill.link import LinkedHull, to_bytes
from ethlogs.backfill.missing import SlotGaps, count_missing, subtract
from ethlogs.backfill.ownership import wait_until_free
from ethlogs.backfill.plan import (
    Hull,
    LedgerEnds,
    cut_hulls,
    followers_first,
    own_heights,
    share_segments,
)
from ethlogs.backfill.progress import BackfillProgress
from ethlogs.backfill.share import Share, share_work
from ethlogs.backfill.shipped import ShippedSettings
from ethlogs.backfill.slots import claim_slots, release_slots
from ethlogs.backfill.task import Piece, TaskEnd, TaskSettings, run_piece, run_segment
from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.context import RunContext
from ethlogs.errors import KafkaUnavailableError, LedgerError, SettingsError, SubmissionError
from ethlogs.follow.head import HeadWatcher
from ethlogs.follow.open_stream import open_stream
from ethlogs.follow.ownership import check_not_superseded
from ethlogs.follow.trouble import KafkaTrouble
from ethlogs.heights import FOLLOWER_PARTITION, partition_of_slot
from ethlogs.kafka.reading import has_records
from ethlogs.node import Node
from ethlogs.stream.identity import StreamTopics, check_content, check_identity
from ethlogs.stream.topic_watch import TopicWatch

PIECE_BLOCKS = 2_048
"""Heights of one task; it may end before the last of them."""

_LOOK_SECONDS = 1.0

Step = Callable[[], Any]
"""Something to do; where it returns another one, that comes later."""


def run_backfill(context: RunContext, cluster: Cluster) -> None:
    """Produce what the ledger lacks of the range that the settings ask for.

    Raises
    ------
    EthlogsError
        Why the run ended before; what was committed stays.
    """
    settings, journal, stop = context.settings, context.journal, context.stop
    with open_stream(settings, stop, journal) as found:
        Backfill(context, cluster, found.trouble, found.node, found.topics, found.watch).run()


class Backfill:
    """One attempt of a backfill."""

    def __init__(
        self,
        context: RunContext,
        cluster: Cluster,
        trouble: KafkaTrouble,
        node: Node,
        topics: StreamTopics,
        watch: TopicWatch,
    ) -> None:
        self._settings = context.settings
        self._shipped = ShippedSettings(context.settings, context.settings_file)
        self._attempt = context.attempt
        self._stop: StopSwitch = context.stop
        self._journal = context.journal
        self._cluster = cluster
        self._trouble = trouble
        self._node = node
        self._topics = topics
        self._watch = watch
        chain = node.identity
        self._identity = topics.identity(chain.chain_id, chain.genesis_hash)
        settings = self._settings
        self._reader = EndsReader(settings.kafka, settings.stream, topics.ledger.partitions)
        self._head = HeadWatcher(
            node, settings.follow, settings.node.patience_seconds, self._stop, self._journal.notify
        )
        self._progress = BackfillProgress(self._journal, cluster)
        self._lost = Backoff(0.5)
        self._number = 0
        self._has_claimed = False

    def run(self) -> None:
        """Fill until nothing is missing."""
        ends = self._read()
        first, last = self._choose_range(ends)
        self._progress.begin(first, last, ends)
        try:
            self._fill_all(first, last)
        except BaseException:
            self._cluster.cancel()
            if self._has_claimed:
                release_slots(self._settings, self._attempt, self._reader)
            raise

    def _fill_all(self, first: int, last: int) -> None:
        told_waiting = False
        while True:
            self._stop.check()
            ends = self._read()
            gaps = ends.gaps(((first, last),))
            self._progress.look(ends, gaps)
            if not count_missing(gaps):
                self._check_seam(ends)
                self._tell_done(first, last)
                return
            final = self._final_height()
            ready = tuple(gap.within(first, min(last, final)) for gap in gaps)
            if not count_missing(ready):
                if not told_waiting:
                    self._journal.notify(f"waiting until block {last} is final; block {final} is now")
                told_waiting = True
                self._stop.pause(_LOOK_SECONDS)
                continue
            self._take_over(first, last)
            settings = self._task_settings(first, last)
            for hull in cut_hulls(ready, ends.slots):
                self._fill_hull(settings, hull, ready)

    # ------------------------------------------------------------ what and where

    def _read(self) -> LedgerEnds:
        """Read the ends of all partitions, after every check of whether this run may write."""
        ends = self._trouble.until_success(self._reader.read)
        self._journal.tip = ends.follower.tip
        first_look = self._journal.keep_slot_ends(
            {number: tail.end_offset for number, tail in ends.slot_tails.items()},
            self._settings.node.patience_seconds,
            self._stop.pause,
        )
        for tail in ends.tails.values():
            claimed = tail.newest.claim if tail.newest else None
            check_identity(claimed, self._identity)
            check_content(claimed, self._settings.selection)
        for number, tail in ends.slot_tails.items():
            check_not_superseded(tail.newest, self._settings.run, self._attempt, first_look.get(number, 0))
        return ends

    def _slot_ends(self) -> dict[int, int]:
        return self._journal.slot_ends or {}

    def _choose_range(self, ends: LedgerEnds) -> tuple[int, int]:
        """Return the heights that are asked for, both ends included."""
        wanted = self._settings.backfill
        first = wanted.first or 0
        tip = ends.follower.tip
        if ends.follower.tip is None and ends.follower.newest is None and not ends.slot_tips:
            self._refuse_strange_records()
        own = followers_first(ends.follower)
        if wanted.to is not None:
            last = wanted.to
        elif tip is not None:
            last = tip.block_number
        else:
            last = own - 1 if own is not None else self._final_height()
        if wanted.first is not None and last < first:
            raise SettingsError(
                f"--from {first} is above block {last}, the last one that can be filled now",
                hint="give a block at or below it, or --to to wait until such blocks are final",
            )
        if own is not None and wanted.to is not None and last >= own:
            self._journal.notify(
                f"block {own} and what follows it are the follower's, except gaps below its tip"
            )
        return first, last

    def _refuse_strange_records(self) -> None:
        kafka, topics = self._settings.kafka, self._topics
        if not has_records(kafka, topics.ledger) and has_records(kafka, topics.event_logs):
            raise LedgerError(
                "the event-log topic has records, but its ledger is empty: its records are not accounted for",
                hint="give another --topic. Where nobody needs these records, delete both topics and start"
                " again",
            )

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
                f"node {self._node.name} has no finalized block: what is final cannot be known",
                hint="give --confirmations N on a chain without finalized blocks: blocks that deep count as"
                " final",
            )
        return height

    def _take_over(self, first: int, last: int) -> None:
        """Claim all slots, once; from a backfill that still writes only where the user consents."""
        if self._has_claimed:
            return
        run = self._settings
        if not run.replace:
            wait_until_free(self._read, run.run, self._stop.pause, self._journal.notify)
        older = {claim.run for claim in self._read().slot_claims}
        self._has_claimed = True
        claim = build_claim(run, self._attempt, self._identity, (first, last))
        slots = range(FOLLOWER_PARTITION + 1, self._topics.ledger.partitions)
        ends = self._trouble.until_success(lambda: claim_slots(run, claim, slots, older, self._stop))
        self._journal.put_slot_ends(ends, run.node.patience_seconds, self._stop.pause)

    def _check_seam(self, ends: LedgerEnds) -> None:
        """Look once more where history meets the followed part, whose first block may be newer than the link.

        Raises
        ------
        BrokenChainError
            When the follower has committed a block there that is not a child of the backfilled one.
        """
        if self._has_claimed:
            self._trouble.until_success(partial(check_seam, self._reader, ends))

    def _tell_done(self, first: int, last: int) -> None:
        if not self._journal.meter.counters.blocks:
            self._journal.notify(f"nothing to do: no block from {first} to {last} is missing")

    # ------------------------------------------------------------ tasks

    def _share(self) -> Share:
        slots = self._topics.ledger.partitions - 1
        return share_work(slots, self._cluster.cores(), self._settings.backfill.node_requests)

    def _task_settings(self, first: int, last: int) -> TaskSettings:
        return TaskSettings(
            self._shipped,
            self._attempt,
            self._topics,
            self._identity,
            first,
            last,
            self._slot_ends(),
            self._share().requests,
        )

    def _fill_hull(self, settings: TaskSettings, hull: Hull, gaps: tuple[SlotGaps, ...]) -> None:
        with LinkedHull(hull) as linked:
            self._link(settings, linked)
            inside = [gap.within(hull.first, hull.last) for gap in gaps]
            self._run_all([partial(self._fill_some, settings, linked, gap) for gap in inside if gap.places])

    def _link(self, settings: TaskSettings, linked: LinkedHull) -> None:
        """Walk the headers of a hull in tasks, and join them to each other and to the ledger."""
        hull = linked.hull

        def walk(first: int, last: int) -> Step | None:
            end = self._run_task(
                f"link blocks {first} to {last}", partial(run_segment, settings, self._next(), first, last)
            )
            if end.segment is None:
                raise TaskLostError(f"the headers {first} to {last} were not walked")
            linked.add(end.segment)
            return step(end.segment.last + 1, last) if end.segment.last < last else None

        def step(first: int, last: int) -> Step:
            return partial(self._until_not_lost, partial(walk, first, last))

        segments = share_segments(hull.segments, self._share().tasks)
        self._run_all([step(*segment) for segment in segments])
        ends = self._read()
        known = self._reader.find_known(ends, hull)
        child = self._reader.find_record(ends, hull.last + 1)
        linked.close_chain(known, to_bytes(child.parent_hash) if child is not None else None)

    def _until_not_lost(self, function: Step) -> Step | None:
        while True:
            try:
                following: Step | None = function()
            except TaskLostError as exc:
                self._after_lost(exc)
            else:
                self._lost.reset()
                return following

    def _fill_some(self, settings: TaskSettings, linked: LinkedHull, gap: SlotGaps) -> Step | None:
        """Fill the next piece of a slot; returns what is left to do of it, by the ledger."""
        heights = tuple(gap.heights(PIECE_BLOCKS))
        hashes = b"".join(linked.hash_of(height) for height in heights)
        slot = gap.slot.number
        describe = f"slot {slot}: blocks {heights[0]} to {heights[-1]} ({len(heights)} of them)"
        with contextlib.suppress(TaskLostError):
            self._run_task(describe, partial(run_piece, settings, self._next(), Piece(slot, heights, hashes)))
        left = self._read_left(gap, linked.hull)
        if left.places == gap.places:
            self._after_lost(TaskLostError(f"a task of slot {slot} has committed nothing"))
        else:
            self._lost.reset()
        return partial(self._fill_some, settings, linked, left) if left.places else None

    def _read_left(self, gap: SlotGaps, hull: Hull) -> SlotGaps:
        """Return what the ledger still lacks of a slot's gaps."""
        number = partition_of_slot(gap.slot.number)
        tails = self._trouble.until_success(partial(self._reader.read_some, [FOLLOWER_PARTITION, number]))
        check_not_superseded(
            tails[number].newest, self._settings.run, self._attempt, self._slot_ends().get(number, 0)
        )
        tip = tails[number].tip
        own = gap.slot.places(own_heights(((hull.first, hull.last),), tails[FOLLOWER_PARTITION]))
        held = gap.slot.places(tip.ranges if tip is not None else ())
        left = subtract(gap.places, held)
        return SlotGaps(gap.slot, subtract(left, subtract(left, own)))

    def _run_task(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        end = self._cluster.run(description, task)
        for notice in end.notices:
            self._progress.notify_once(notice)
        self._progress.retries += end.retries
        if end.error is not None:
            raise end.error
        return end

    def _after_lost(self, exc: TaskLostError) -> None:
        """Wait before another task tries again.

        Raises
        ------
        SubmissionError
            When no task has done anything for longer than the patience.
        """
        self._stop.check()
        patience_seconds = self._settings.node.patience_seconds
        self._progress.retries += 1
        if self._lost.failing_seconds > patience_seconds:
            raise SubmissionError(
                f"no task on Spark's executors has done anything for {patience_seconds:g} seconds: {exc}",
                hint="the executors' logs say why; what was committed stays, the same command continues",
            )
        if self._lost.tries == 0:
            self._journal.notify(f"{exc}; trying again for up to {patience_seconds:g} seconds")
        self._lost.wait(self._stop.pause)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _run_all(self, tasks: list[Step]) -> None:
        """Run functions on threads, so many at a time; one that returns another is followed by that."""
        pool = ThreadPoolExecutor(self._share().tasks, thread_name_prefix="task")
        pending: set[Future[Any]] = {pool.submit(task) for task in tasks}
        try:
            while pending:
                done, pending = wait(pending, _LOOK_SECONDS, FIRST_COMPLETED)
                self._stop.check()
                self._watch.check()
                self._look()
                self._cluster.end_overdue(self._overdue_seconds())
                for future in done:
                    following = future.result()
                    if following is not None:
                        pending.add(pool.submit(following))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _overdue_seconds(self) -> float:
        """A task works for its time, and then waits for node or Kafka at most until its patience is over."""
        patience = self._settings.node.patience_seconds + self._settings.kafka.patience_seconds
        return 2 * TASK_SECONDS + patience

    def _look(self) -> None:
        """Count what the ledger has now; a Kafka that is away for a moment is asked again later."""
        with contextlib.suppress(KafkaUnavailableError):
            self._progress.count(self._reader)
