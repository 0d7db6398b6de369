"""Filling a slot: it is taken, its blocks are prepared, and only then short transactions commit them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ethlogs.backfill.link import HASH_BYTES
from ethlogs.backfill.plan import own_heights
from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.decoding.record import describe_decoding
from ethlogs.errors import KafkaUnavailableError, SupersededError
from ethlogs.follow.batch import BlockBatch
from ethlogs.follow.heartbeat import kept_visible
from ethlogs.follow.held_stream import HeldStream
from ethlogs.follow.ownership import check_not_superseded
from ethlogs.heights import holds, partition_of_slot
from ethlogs.ledger import Claim, StreamIdentity
from ethlogs.node import BlockSource
from ethlogs.selection import describe_selection
from ethlogs.settings import RunSettings
from ethlogs.stream.block import BlockEncoder, PreparedBlock, prepare_block
from ethlogs.stream.claim import LedgerPartition, Taken, take_partition
from ethlogs.stream.identity import StreamTopics, check_content, check_identity
from ethlogs.stream.prefetch import Prefetcher
from ethlogs.stream.tail import Claimed, Tail

TASK_SECONDS = 60.0
"""A task ends by then, so that full and empty blocks balance and a lost task loses little."""

OPEN_SECONDS = 0.3
"""How long a transaction aims to be open: consumers wait behind it."""

_FIRST_RECORDS, _LEAST_RECORDS, _MOST_RECORDS = 2_000, 250, 10_000
_TAKE_SECONDS = 0.5
_FENCED_SECONDS = 3.0


class TaskSupersededError(SupersededError):
    """Another task of the same run works on the slot, or the run has ended: this one was taken for lost."""


class SlotOwner:
    """One task's part in taking a slot."""

    def __init__(
        self, run: RunSettings, attempt: int, ledger_end: int, claim: Claim, heights: Sequence[int]
    ) -> None:
        self._run = run
        self._attempt = attempt
        self._ledger_end = ledger_end
        self._claim = claim
        self._heights = heights
        self.claimed_offset: int | None = None
        """Where this task's own claim is."""

    def check(self, tail: Tail) -> None:
        """Raise where another run, a later attempt, or another task of this one has the slot."""
        check_not_superseded(tail.newest, self._run.run, self._attempt, self._ledger_end)
        claimed = tail.newest.claim if tail.newest else None
        check_identity(claimed, self._claim.identity)
        check_content(claimed, self._run.selection)
        if tail.newest is None:
            return
        own, claim = self.claimed_offset, tail.newest.claim
        if own is not None and tail.newest.taken_at > own:
            raise TaskSupersededError("another task of this run has the slot")
        if claim.released and (claim.run, claim.attempt) == (self._run.run, self._attempt):
            raise TaskSupersededError("this run has ended and released the slot")

    def decide(self, tail: Tail) -> Claim | None:
        """Return a claim where the slot lacks any of the task's heights."""
        self.check(tail)
        return self._claim if missing_of(self._heights, tail) else None

    def wait_until_free(self) -> None:
        """Wait for nobody: the driver has, before the run's first task."""


def missing_of(heights: Sequence[int], tail: Tail) -> list[int]:
    """Return the heights that a slot's end does not have."""
    ranges = tail.tip.ranges if tail.tip is not None else ()
    return [height for height in heights if not holds(ranges, height)]


def build_claim(run: RunSettings, attempt: int, identity: StreamIdentity, wanted: tuple[int, int]) -> Claim:
    """Build the claim of a backfill, for any slot."""
    return Claim(
        run=run.run,
        attempt=attempt,
        first_block=wanted[0],
        last_block=wanted[1],
        identity=identity,
        selection=describe_selection(run.selection),
        decoding=describe_decoding(run.selection),
        least_proof=run.follow.proof.least,
        head=run.follow.head,
        confirmations=run.follow.confirmations,
        gap_after=None,
        claimed_at=int(time.time()),
    )


class SlotFiller:
    """Fills heights of a slot, and takes it again after trouble with Kafka until the patience is over."""

    def __init__(
        self,
        run: RunSettings,
        attempt: int,
        topics: StreamTopics,
        identity: StreamIdentity,
        wanted: tuple[int, int],
        slot_ends: dict[int, int],
        requests: int,
        stop: StopSwitch,
    ) -> None:
        self._run = run
        self._attempt = attempt
        self._topics = topics
        self._claim = build_claim(run, attempt, identity, wanted)
        self._slot_ends = slot_ends
        self._requests = requests
        self._stop = stop
        self._limit = _FIRST_RECORDS
        self._backoff = Backoff()
        self.retries = 0

    def fill(self, source: BlockSource, slot: int, heights: Sequence[int], hashes: bytes) -> None:
        """Commit what the slot lacks of the heights; each block must have its linked hash.

        Raises
        ------
        TaskSupersededError
            When another task of this run has taken the slot.
        EthlogsError
            Why the node or Kafka could not be used.
        """
        partition = LedgerPartition(self._run.kafka, self._run.stream, partition_of_slot(slot))
        ledger_end = self._slot_ends.get(partition.number, 0)
        owner = SlotOwner(self._run, self._attempt, ledger_end, self._claim, heights)
        linked = {
            height: hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]
            for place, height in enumerate(heights)
        }
        deadline = time.monotonic() + TASK_SECONDS
        while True:
            try:
                with take_partition(partition, owner, self._stop) as taken:
                    if taken is not None:
                        owner.claimed_offset = taken.claimed.offset
                        self._fill_taken(source, taken, heights, linked, deadline)
                return
            except KafkaUnavailableError as exc:
                self._after_trouble(exc, owner, partition)

    def _after_trouble(
        self, exc: KafkaUnavailableError, owner: SlotOwner, partition: LedgerPartition
    ) -> None:
        """Take the slot again, unless the ledger says that another has it now."""
        self.retries += 1
        if self._backoff.failing_seconds > self._run.kafka.patience_seconds:
            raise exc
        self._backoff.wait(self._stop.pause)
        if owner.claimed_offset is None:
            return
        # Whoever fenced this task claims the slot within milliseconds.
        end = time.monotonic() + _FENCED_SECONDS
        while time.monotonic() < end:
            try:
                owner.check(partition.read())
            except KafkaUnavailableError:
                return
            self._stop.pause(0.5)

    def _fill_taken(
        self,
        source: BlockSource,
        taken: Taken,
        heights: Sequence[int],
        linked: dict[int, bytes],
        deadline: float,
    ) -> None:
        todo = self._still_own(missing_of(heights, taken.tail))
        claimed: Claimed = taken.claimed
        stream = HeldStream(
            taken.writer, claimed.claim, claimed.offset, taken.tail.tip, taken.partition.number
        )
        encoder = BlockEncoder(self._claim.identity.chain_id, self._run.selection)

        def prepare(place: int) -> PreparedBlock:
            height = todo[place]
            return prepare_block(source, encoder, height, f"0x{linked[height].hex()}")

        with kept_visible(stream), Prefetcher(prepare, 0, self._requests) as prefetcher:
            prefetcher.extend(len(todo) - 1)
            left = len(todo)
            while left and time.monotonic() < deadline:
                blocks = self._collect(prefetcher, left)
                self._commit(stream, blocks)
                left -= len(blocks)

    def _still_own(self, heights: list[int]) -> list[int]:
        """Give way to a follower that began meanwhile: it is asked for after the slot's claim is there."""
        follower = LedgerPartition(self._run.kafka, self._run.stream).read()
        if not heights:
            return heights
        own = own_heights(((heights[0], heights[-1]),), follower)
        return [height for height in heights if holds(own, height)]

    def _collect(self, prefetcher: Prefetcher, left: int) -> list[PreparedBlock]:
        """Wait for the next block, and take with it what one short transaction holds."""
        blocks: list[PreparedBlock] = []
        records = 0
        while len(blocks) < left and records < self._limit:
            block = prefetcher.take(_TAKE_SECONDS)
            if block is None:
                if blocks:
                    break
                self._stop.check()
                continue
            blocks.append(block)
            records += len(block.records) + 1
        return blocks

    def _commit(self, stream: HeldStream, blocks: list[PreparedBlock]) -> None:
        began_at = time.monotonic()
        with stream.transaction() as transaction:
            batch = BlockBatch(
                transaction,
                self._topics,
                stream.claim,
                stream.claim_offset,
                stream.tip,
                None,
                stream.partition,
            )
            for block in blocks:
                batch.add(block)
            stream.tip = batch.commit(stream.event_logs, stream.ledger)
        self._backoff.reset()
        self._adapt(sum(len(block.records) + 1 for block in blocks), time.monotonic() - began_at)

    def _adapt(self, records: int, seconds: float) -> None:
        """Choose how many records the next transaction takes, by how long this one was open."""
        fitting = int(records * OPEN_SECONDS / max(seconds, 0.001))
        if seconds > OPEN_SECONDS or records >= self._limit:
            self._limit = max(_LEAST_RECORDS, min(_MOST_RECORDS, 2 * self._limit, fitting))
