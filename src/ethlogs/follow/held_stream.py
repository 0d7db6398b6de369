"""A stream held by this run: claimed, and its tip known."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.writer import Transaction, TransactionalWriter
from ethlogs.ledger import CLAIM_KEY, BlockRecord, Claim
from ethlogs.settings import StreamSettings
from ethlogs.stream.offsets import RisingOffsets


@dataclass
class HeldStream:
    """A stream whose newest claim is this run's, and its tip as this run left it."""

    writer: TransactionalWriter
    claim: Claim
    claim_offset: int
    tip: BlockRecord | None
    partition: int = FOLLOWER_PARTITION
    find_backfilled: Callable[[int], BlockRecord | None] = lambda _height: None
    """Returns the backfill's record of a height, where the ledger has one by now."""
    event_logs: RisingOffsets = field(init=False)
    ledger: RisingOffsets = field(init=False)
    committed_at: float = field(init=False, default_factory=time.monotonic)
    """When something was last committed, by the monotonic clock."""
    _taken_at: int = field(init=False)
    """The offset of the run's first claim."""
    problem: Exception | None = field(init=False, default=None)
    """Why the claim could not be committed again: the producer cannot be used any more."""
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    """A producer has one transaction at a time; that of the heartbeat is on its own thread."""

    def __post_init__(self) -> None:
        identity, repeats = self.claim.identity, self.claim.repeats
        self._taken_at = self.claim_offset if repeats is None else repeats
        self.event_logs = RisingOffsets(identity.topic, self.tip.last_offsets if self.tip else {})
        self.ledger = RisingOffsets(self._ledger_topic, {self.partition: self.claim_offset})

    @property
    def following(self) -> int:
        """The height that comes next."""
        if self.tip is None or self.tip.block_number == self.claim.gap_after:
            return self.claim.first_block
        return self.tip.block_number + 1

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that is aborted unless it was committed in the block.

        Raises
        ------
        EthlogsError
            As :meth:`check`.
        """
        with self._lock:
            self.check()
            with self.writer.transaction() as transaction:
                yield transaction
            if transaction.commit_was_sent:
                self.committed_at = time.monotonic()

    def check(self) -> None:
        """Raise why the claim could not be committed again, where it could not.

        Raises
        ------
        EthlogsError
            What Kafka said, or that the ledger is not the same topic any more.
        """
        if self.problem is not None:
            raise self.problem

    def claim_again(self, idle_seconds: float) -> None:
        """Commit the claim again, where nothing was committed for so long; never raises.

        Blocks that follow name the new claim: compaction may remove the one before.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self.problem is None and time.monotonic() - self.committed_at >= idle_seconds:
                self.claim_offset = self._commit(self._repeated_claim())
                self.committed_at = time.monotonic()
        except Exception as exc:  # noqa: BLE001 - raised again on the thread that follows the chain
            self.problem = exc
        finally:
            self._lock.release()

    def release(self, attempt: int) -> None:
        """Say in the ledger that the run has ended.

        Raises
        ------
        EthlogsError
            When it cannot be said; the next run watches the stream first then.
        """
        with self._lock:
            self.check()
            self._commit(replace(self._repeated_claim(), attempt=attempt, released=True))

    def _commit(self, claim: Claim) -> int:
        """Commit a claim where the ledger is still the same topic; returns its offset."""
        with self.writer.transaction() as transaction:
            number = transaction.send(self._ledger_topic, self.partition, CLAIM_KEY, claim.encode())
            transaction.settle()
            offset = transaction.offset(number)
            self.ledger.check({self.partition: (offset, offset)})
            transaction.commit()
        return offset

    def _repeated_claim(self) -> Claim:
        return replace(self.claim, repeats=self._taken_at, claimed_at=int(time.time()))

    @property
    def _ledger_topic(self) -> str:
        return StreamSettings(self.claim.identity.topic).ledger_topic
