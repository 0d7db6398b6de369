"""A verification from end to end: what is to be read, then block after block, then what is behind the tip.

The end is a consistent cut of a stream that may be written meanwhile: the event-log topic's ends are taken
first and the ledger's, once no transaction is open there, after that. So every event log below those ends
has its block in that ledger.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka import KafkaConsumer

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import (
    DeadlineError,
    ExitStatus,
    InterruptedRunError,
    SettingsError,
    TopicError,
)
from ethlogs.kafka.reading import fetch_ends, open_consumer
from ethlogs.kafka.rights import READER
from ethlogs.kafka.topics import Topic, admin_client, describe_topic
from ethlogs.ledger import Claim
from ethlogs.node import BlockSource, Node, NodeIdentity
from ethlogs.notify import Notify, ShowProgress
from ethlogs.settings import KafkaSettings, NodeSettings, ProofSettings, SelectionSettings, StreamSettings
from ethlogs.stream.block import BlockEncoder
from ethlogs.stream.identity import StreamTopics, check_identity, content_of
from ethlogs.stream.tail import STABLE_SECONDS, open_transaction_error
from ethlogs.verify.chain import ChainReader
from ethlogs.verify.differences import Difference, Tell
from ethlogs.verify.ledger_checks import missing_blocks, missing_ranges
from ethlogs.verify.ledger_scan import Ledger, LedgerEntry
from ethlogs.verify.plan import WalkPlan, find_extent, plan_walk
from ethlogs.verify.slot_checks import SlotChecks
from ethlogs.verify.summary import Verification, with_standing
from ethlogs.verify.topic_scan import TopicReader, open_rereader, open_topic
from ethlogs.verify.walk import Sides, Walk

_CATCH_UP_SECONDS = 5.0
"""A commit is in the ledger some milliseconds before its markers are in every other partition."""


@dataclass(frozen=True)
class VerifySettings:
    """The settings of a verification; without ``node`` the topic is compared with its ledger alone."""

    kafka: KafkaSettings
    stream: StreamSettings
    node: NodeSettings | None
    first: int | None = None
    last: int | None = None
    proof: ProofSettings = field(default_factory=ProofSettings)
    selection: SelectionSettings = field(default_factory=SelectionSettings)
    """Where it is empty, what the stream's claim says."""


def verify_stream(
    settings: VerifySettings, stop: StopSwitch, tell: Tell, notify: Notify, show: ShowProgress
) -> Verification:
    """Compare ledger, event-log topic and chain with each other.

    Parameters
    ----------
    tell : is given each difference as it is found.
    show : is given progress as :meth:`ethlogs.cli.display.ProgressDisplay.show` takes it.

    Raises
    ------
    SettingsError
        When there is nothing to verify, or the node is of another chain.
    NodeError, DeliveryError
        When a block cannot be proven, or Kafka not be read.
    InterruptedRunError, DeadlineError
        With how far it came.
    """
    stream = settings.stream
    summary = Verification(stream.topic, stream.ledger_topic, settings.node is None)
    began_at = time.monotonic()

    def count(difference: Difference) -> None:
        kind = difference.kind.value
        summary.differences[kind] = summary.differences.get(kind, 0) + 1
        tell(difference)

    try:
        _Verifier(settings, stop, count, notify, show, summary).run()
    except (InterruptedRunError, DeadlineError) as exc:
        raise with_standing(exc, summary) from exc
    summary.seconds = round(time.monotonic() - began_at, 3)
    summary.exit_status = ExitStatus.DIFFERENCE if summary.differences else ExitStatus.DONE
    return summary


class _Verifier:
    def __init__(
        self,
        settings: VerifySettings,
        stop: StopSwitch,
        tell: Tell,
        notify: Notify,
        show: ShowProgress,
        summary: Verification,
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._tell = tell
        self._notify = notify
        self._show = show
        self._summary = summary
        self._stream = settings.stream

    def run(self) -> None:
        """Open what is needed, plan, walk."""
        topic, ledger_topic = self._describe_topics()
        with contextlib.ExitStack() as stack:
            reader = stack.enter_context(open_topic(self._settings.kafka, topic.name, self._stop))
            begins, ends = reader.fetch_bounds(topic.partitions)
            ledger = self._open_ledger(stack.enter_context(open_consumer(self._settings.kafka)), ledger_topic)
            slots = SlotChecks(ledger_topic.name, ledger_topic.partitions - 1, self._tell)
            backfilled = ledger.backfilled(slots.check)
            slots.check_parents(backfilled)
            wanted = {height: entry for height, entry in backfilled.items() if self._is_wanted(height)}
            plan, tip = self._plan(ledger, begins, topic.partitions, bool(wanted))
            # A stream that was only backfilled has its claims in the slots.
            newest = tip or next(iter(backfilled.values()), None)
            claim = ledger.read_claim(newest) if newest else None
            chain = self._open_chain(stack, claim, StreamTopics(topic, ledger_topic), plan, wanted)
            self._state(plan, wanted)
            if self._summary.first_block is None:
                self._tell_nothing_there(plan)
                return
            sides = Sides(
                topic.name,
                ledger_topic.name,
                topic.partitions,
                claim.identity.chain_id if claim else None,
                reader,
                stack.enter_context(open_rereader(self._settings.kafka, topic.name, self._stop)),
                chain,
                self._content(claim),
            )
            walk = Walk(sides, plan, backfilled, self._is_wanted, self._tell, self._progress)
            self._walk(walk, ledger, plan, tip, begins, ends, topic.partitions)

    def _walk(
        self,
        walk: Walk,
        ledger: Ledger,
        plan: WalkPlan,
        tip: LedgerEntry | None,
        begins: Mapping[int, int],
        ends: Mapping[int, int],
        partitions: int,
    ) -> None:
        last = self._settings.last
        to_the_end = (
            walk.has_backfilled or last is None or (tip is not None and last >= tip.record.block_number)
        )
        starts = {p: max(plan.positions.get(p, -1) + 1, begins[p]) for p in range(partitions)}
        walk.begin(starts, self._ends_now(walk.reader, ledger, plan, ends, partitions))
        for entry in ledger.blocks(plan.ledger_start) if plan.ledger_start is not None else ():
            if not to_the_end and last is not None and entry.record.block_number > last:
                break
            self._stop.check()
            walk.block(entry)
        if to_the_end:
            walk.rest(ends)
        walk.finish()
        self._summary.gaps, self._summary.proofs = walk.gaps, walk.proofs
        self._tell_missing_ends(plan, walk.backfilled)

    def _describe_topics(self) -> tuple[Topic, Topic]:
        with admin_client(self._settings.kafka) as client:
            topic = describe_topic(client, self._stream.topic, READER)
            ledger_topic = describe_topic(client, self._stream.ledger_topic, READER)
        for name, found in ((self._stream.topic, topic), (self._stream.ledger_topic, ledger_topic)):
            if found is None:
                raise TopicError(
                    f"there is no stream: the topic {name} does not exist, or this principal may not see it",
                    hint="is --topic right?",
                )
        assert topic is not None and ledger_topic is not None  # noqa: S101 - for the type checker
        return topic, ledger_topic

    def _open_ledger(self, consumer: KafkaConsumer, topic: Topic) -> Ledger:
        return Ledger(consumer, topic.name, self._wait_until_stable(consumer, topic), self._tell)

    def _wait_until_stable(self, consumer: KafkaConsumer, topic: Topic) -> dict[int, int]:
        """The ledger's ends, once no transaction is open below what they are now."""
        partitions = range(topic.partitions)
        with open_consumer(self._settings.kafka, "read_uncommitted") as uncommitted:
            wanted = fetch_ends(uncommitted, topic.name, partitions)
        deadline = time.monotonic() + STABLE_SECONDS
        while True:
            ends = fetch_ends(consumer, topic.name, partitions)
            if all(ends[partition] >= wanted[partition] for partition in partitions):
                return ends
            if time.monotonic() > deadline:
                raise open_transaction_error(self._settings.kafka, topic.name, partitions)
            self._stop.pause(0.1)

    def _plan(
        self, ledger: Ledger, begins: Mapping[int, int], partitions: int, everything: bool
    ) -> tuple[WalkPlan, LedgerEntry | None]:
        """Plan where to begin: at the topic's beginning with backfilled blocks, which may be anywhere."""
        first = None if everything else self._settings.first
        last = None if everything else self._settings.last
        ledger.find(first, partitions)
        plan = plan_walk(ledger.blocks(), first, last, begins)
        if ledger.shape.start != ledger.begin and len(plan.positions) < partitions:
            ledger.find(None, partitions)
            plan = plan_walk(ledger.blocks(), first, last, begins)
        if plan.tip is None and not everything:
            raise SettingsError(
                f"there is nothing to verify: the ledger {self._stream.ledger_topic} has no block",
                hint="ethlogs produce begins a stream; is --topic right?",
            )
        return plan, plan.tip

    def _open_chain(
        self,
        stack: contextlib.ExitStack,
        claim: Claim | None,
        topics: StreamTopics,
        plan: WalkPlan,
        backfilled: Mapping[int, LedgerEntry],
    ) -> ChainReader | None:
        """The node's side, after everything is what the claim says it is."""
        node_settings = self._settings.node
        if node_settings is None:
            if claim is not None:
                bound = claim.identity
                check_identity(claim, topics.identity(bound.chain_id, bound.genesis_hash))
                self._content(claim)
            return None
        node = stack.enter_context(contextlib.closing(Node(node_settings, self._stop, self._notify)))
        chain: NodeIdentity = node.connect()
        if claim is not None:
            check_identity(claim, topics.identity(chain.chain_id, chain.genesis_hash))
        source = BlockSource(
            node, self._settings.proof, node_settings.patience_seconds, self._stop, self._notify
        )
        heights = [height for height in (plan.last, *backfilled) if height is not None]
        encoder = BlockEncoder(chain.chain_id, self._content(claim))
        return stack.enter_context(ChainReader(source, encoder, max(heights, default=-1), self._stop))

    def _content(self, claim: Claim | None) -> SelectionSettings:
        """What the stream has of each block."""
        return content_of(claim, self._settings.selection) if claim else self._settings.selection

    def _state(self, plan: WalkPlan, backfilled: Mapping[int, LedgerEntry]) -> None:
        """Say what will be verified, and what cannot be."""
        summary = self._summary
        extent = find_extent(plan, backfilled, self._settings.first, self._settings.last)
        summary.expired_blocks = plan.expired
        summary.expired_first, summary.expired_last = plan.expired_first, plan.expired_last
        if plan.expired:
            self._notify(
                f"retention has deleted event logs of blocks {plan.expired_first} to {plan.expired_last}:"
                " these blocks are not verified"
            )
        if extent is None and plan.expired:
            raise SettingsError(
                "there is nothing to verify: the event logs of the range have expired on Kafka",
                hint="give a range that retention has kept, or leave --from and --to out",
            )
        if extent is not None:
            summary.first_block, summary.last_block = extent

    def _tell_nothing_there(self, plan: WalkPlan) -> None:
        """Blocks that were asked for and are not there differ; without both ends nothing was asked for."""
        if self._settings.first is None or self._settings.last is None:
            tip = f"; its tip is block {plan.tip.record.block_number}" if plan.tip else ""
            raise SettingsError(
                f"there is nothing to verify: the ledger {self._stream.ledger_topic} has no block of the"
                f" range{tip}",
                hint="give --from and --to of blocks that the stream has",
            )
        self._tell_missing_ends(plan, {})

    def _ends_now(
        self,
        reader: TopicReader,
        ledger: Ledger,
        plan: WalkPlan,
        ends: Mapping[int, int],
        partitions: int,
    ) -> dict[int, int]:
        """Return how far the topic can be read: the ledger may name offsets that became visible meanwhile."""
        needed: dict[int, int] = {}
        for entry in ledger.blocks(plan.ledger_start) if plan.tip and plan.ledger_start is not None else ():
            needed |= entry.record.last_offsets
        now = dict(ends)
        deadline = time.monotonic() + _CATCH_UP_SECONDS
        while any(offset >= now.get(p, 0) for p, offset in needed.items()) and time.monotonic() < deadline:
            now = reader.fetch_bounds(partitions)[1]
            self._stop.pause(0.1)
        return now

    def _tell_missing_ends(self, plan: WalkPlan, backfilled: Mapping[int, LedgerEntry]) -> None:
        """The heights that were asked for and lie outside of what the ledger has."""
        first, last = self._settings.first, self._settings.last
        lowest = plan.first if plan.expired_first is None else plan.expired_first
        highest = plan.last if plan.last is not None else plan.expired_last
        if first is not None and last is not None and lowest is None:
            ranges = [(first, last)]
        else:
            ranges = []
            if first is not None and lowest is not None:
                ranges.append((first, lowest - 1))
            if last is not None and highest is not None:
                ranges.append((highest + 1, last))
        for start, end in ranges:
            for missing in missing_ranges(start, end, backfilled):
                self._tell(missing_blocks(*missing, self._stream.ledger_topic))

    def _is_wanted(self, height: int) -> bool:
        first, last = self._settings.first, self._settings.last
        return (first is None or height >= first) and (last is None or height <= last)

    def _progress(self, blocks: int, logs: int, seconds: float) -> None:
        """Show how many blocks are done: backfilled ones come in the order of the topic, not of heights."""
        summary = self._summary
        summary.blocks, summary.logs = blocks, logs
        first, last = summary.first_block, summary.last_block
        self._show(
            {
                "firstBlock": first,
                "lastBlock": last,
                "blocks": blocks,
                "missingBlocks": 0 if first is None or last is None else max(0, last - first + 1 - blocks),
                "logs": logs,
                "logsPerSecond": logs / seconds,
                "seconds": seconds,
            }
        )
