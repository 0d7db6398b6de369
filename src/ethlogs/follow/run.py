"""The run: take the stream, follow the chain, and take the stream again after any trouble with Kafka.

There is one way to begin and to recover: read the ledger, take the transactional id, read the ledger
again, claim, resume after the tip. Checks come before ``init_transactions``, which would end another
run's producer.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

from ethlogs.cancellation import StopSwitch
from ethlogs.decoding.record import describe_decoding
from ethlogs.errors import (
    DeadlineError,
    EthlogsError,
    InterruptedRunError,
    KafkaUnavailableError,
    NodeError,
)
from ethlogs.follow import ownership
from ethlogs.follow import plan as planning
from ethlogs.follow.held_stream import HeldStream
from ethlogs.follow.open_stream import OpenStream, open_stream
from ethlogs.follow.pipeline import Pipeline
from ethlogs.follow.plan import Plan
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.errors import FencedError
from ethlogs.kafka.reading import has_records
from ethlogs.ledger import BlockRecord, Claim
from ethlogs.run.journal import Journal
from ethlogs.selection import describe_selection
from ethlogs.settings import RunSettings
from ethlogs.stream.claim import LedgerPartition, Taken, take_partition
from ethlogs.stream.identity import check_content, check_identity
from ethlogs.stream.tail import Claimed, Tail, newest_claims, newest_tips, read_tails
from ethlogs.stream.truncation import check_not_truncated

_ON_PURPOSE = (InterruptedRunError, DeadlineError, NodeError)
"""After these ends of a run nobody writes any more, and its producer still can say so."""
_FENCED_SECONDS = 3.0
"""How long a fenced run looks for the claim of whoever fenced it, which follows within milliseconds."""


def follow_chain(settings: RunSettings, attempt: int, stop: StopSwitch, journal: Journal) -> None:
    """Produce the run's blocks until they are all there.

    Raises
    ------
    EthlogsError
        Why the run ended before; what was committed stays.
    """
    with open_stream(settings, stop, journal) as opened:
        Run(settings, attempt, stop, journal, opened).follow()


class Run:
    """One attempt of a run."""

    def __init__(
        self, settings: RunSettings, attempt: int, stop: StopSwitch, journal: Journal, opened: OpenStream
    ) -> None:
        self._settings = settings
        self._attempt = attempt
        self._stop = stop
        self._journal = journal
        self._opened = opened
        self._partition = LedgerPartition(settings.kafka, settings.stream)
        self._has_owned = False
        self._pipeline = Pipeline(settings, stop, journal, opened)

    def follow(self) -> None:
        """Take the stream and follow, again after each trouble with Kafka until the patience is over."""
        while True:
            try:
                with self._take_stream() as stream:
                    if stream is not None:
                        self._pipeline.follow(stream)
                return
            except KafkaUnavailableError as exc:
                if isinstance(exc, FencedError):
                    self._look_for_other_claim()
                self._opened.trouble.after(exc)

    @contextlib.contextmanager
    def _take_stream(self) -> Iterator[HeldStream | None]:
        """The stream under this run's claim; ``None`` where all of its blocks are there."""
        self._opened.watch.look()
        with take_partition(self._partition, self, self._stop) as taken:
            held = None if taken is None else self._hold(taken)
            try:
                yield held
            except _ON_PURPOSE:
                if held is not None:
                    self._release(held)
                raise

    def _hold(self, taken: Taken) -> HeldStream:
        tail, claimed = taken.tail, self._settle_claim(taken)
        claim = claimed.claim
        ignored = planning.describe_ignored_start(self._settings.range, tail)
        if ignored and taken.is_new:
            self._journal.notify(ignored)
        self._journal.begin(claim.first_block, claim.last_block, tail.tip, self._pipeline.head.known_height)
        self._has_owned = True
        return HeldStream(
            taken.writer, claim, claimed.offset, tail.tip, find_backfilled=self._find_backfilled
        )

    def _settle_claim(self, taken: Taken) -> Claimed:
        """Look at the slots once more, now that every backfill can see the claim of a new stream.

        One may have claimed a slot after the first look. It gives way only below what it saw, so this run
        begins above it then.
        """
        tail, claimed = taken.tail, taken.claimed
        is_first = taken.is_new and (tail.newest is None or tail.newest.claim.run != self._settings.run)
        backfilled = _highest_backfilled(self._slot_tails()) if is_first and tail.tip is None else None
        if backfilled is None or backfilled < claimed.claim.first_block:
            return claimed
        head = self._pipeline.head.height
        plan = planning.plan_range(
            self._settings.range, tail, head, topic_has_records=False, backfilled=backfilled
        )
        claim = self._build_claim(plan)
        return Claimed(claim, taken.commit_claim(claim))

    def _release(self, held: HeldStream) -> None:
        """Say in the ledger that this run has ended; where it cannot, the next one watches it first."""
        with contextlib.suppress(EthlogsError):
            held.release(self._attempt)

    def wait_until_free(self) -> None:
        """Take nothing from another run that still writes, unless the user consents."""
        if self._has_owned or self._settings.replace:
            return
        ownership.wait_until_free(self._read_tail, self._settings.run, self._stop.pause, self._journal.notify)

    def _read_tail(self) -> Tail:
        """Read the tail, after every check of whether this attempt may write at all."""
        tail = self._partition.read()
        self.check(tail)
        return tail

    def decide(self, tail: Tail) -> Claim | Claimed | None:
        """Return this run's claim; ``None`` where all of its blocks are there."""
        plan = self._plan(tail)
        if self._is_done(plan, tail):
            return None
        self._check_not_truncated([tail.tip] if tail.tip is not None else [])
        newest = tail.newest
        if newest is not None and self._is_own(newest.claim):
            return newest
        return self._build_claim(plan)

    def _is_own(self, claim: Claim) -> bool:
        """Return whether this very attempt has made a claim that still counts: a later one claims again."""
        return (claim.run, claim.attempt, claim.released) == (self._settings.run, self._attempt, False)

    def _plan(self, tail: Tail) -> Plan:
        """The run's heights, after every check of whether it may write at all."""
        self.check(tail)
        if tail.newest is not None and tail.newest.claim.run == self._settings.run:
            return planning.plan_from_claim(tail.newest)
        head = self._pipeline.head.wait_for(0)
        kafka, topics = self._settings.kafka, self._opened.topics
        is_new = tail.tip is None and tail.newest is None and not has_records(kafka, topics.ledger)
        if is_new:
            self._opened.node.require_one_chain()
        strange = is_new and has_records(kafka, topics.event_logs)
        slots = self._slot_tails() if tail.tip is None else {}
        self._check_history(slots)
        backfilled = _highest_backfilled(slots)
        return planning.plan_range(self._settings.range, tail, head, strange, backfilled)

    def _check_history(self, slots: Mapping[int, Tail]) -> None:
        """Check what the first followed block joins: backfills may have bound the stream before."""
        for claim in newest_claims(slots):
            self._check_binding(claim)
        self._check_not_truncated(newest_tips(slots))

    def _check_not_truncated(self, tips: Sequence[BlockRecord]) -> None:
        check_not_truncated(self._settings.kafka, self._opened.topics.event_logs.name, tips)

    def _find_backfilled(self, height: int) -> BlockRecord | None:
        """Return the record of a height that is the last one of its slot, as a backfill leaves its top."""
        tips = newest_tips(self._slot_tails())
        return next((tip for tip in tips if tip.block_number == height), None)

    def _slot_tails(self) -> dict[int, Tail]:
        slots = range(FOLLOWER_PARTITION + 1, self._opened.topics.ledger.partitions)
        return read_tails(self._settings.kafka, self._settings.stream.ledger_topic, slots)

    def check(self, tail: Tail) -> None:
        """Raise where this attempt may not write: another has the stream, or it is another stream."""
        self._journal.tip = tail.tip
        ledger_end = self._journal.keep_ledger_end(
            tail.end_offset, self._settings.node.patience_seconds, self._stop.pause
        )
        ownership.check_not_superseded(tail.newest, self._settings.run, self._attempt, ledger_end)
        self._check_binding(tail.newest.claim if tail.newest else None)

    def _check_binding(self, claim: Claim | None) -> None:
        check_identity(claim, self._opened.identity)
        check_content(claim, self._settings.selection)

    def _is_done(self, plan: Plan, tail: Tail) -> bool:
        self._pipeline.look_at_tip(tail.tip)
        if plan.last is None or tail.tip is None or tail.tip.block_number < plan.last:
            return False
        if not self._journal.meter.counters.blocks:
            self._journal.notify(f"nothing to do: the stream's tip is block {tail.tip.block_number} already")
        self._journal.begin(plan.first, plan.last, tail.tip, self._pipeline.head.known_height)
        return True

    def _build_claim(self, plan: Plan) -> Claim:
        follow = self._settings.follow
        return Claim(
            run=self._settings.run,
            attempt=self._attempt,
            first_block=plan.first,
            last_block=plan.last,
            identity=self._opened.identity,
            selection=describe_selection(self._settings.selection),
            decoding=describe_decoding(self._settings.selection),
            least_proof=follow.proof.least,
            head=follow.head,
            confirmations=follow.confirmations,
            gap_after=plan.gap_after,
            claimed_at=int(time.time()),
        )

    def _look_for_other_claim(self) -> None:
        deadline = time.monotonic() + _FENCED_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(KafkaUnavailableError):
                self._read_tail()
            self._stop.pause(0.2)


def _highest_backfilled(slots: Mapping[int, Tail]) -> int | None:
    """Return the highest height that a slot of the ledger holds, or that a backfill has claimed.

    What is claimed will be filled, if not by that run then by the next one: the follower begins above.
    """
    held = [last for tip in newest_tips(slots) for _, last in tip.ranges]
    claimed = [
        claim.last_block
        for claim in newest_claims(slots)
        if claim.last_block is not None and not claim.released
    ]
    return max([*held, *claimed], default=None)
