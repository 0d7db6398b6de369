"""Taking a partition of the ledger: the newest claim owns it, and one transactional id alone writes it.

The order is the same for the follower's partition and for each slot of the backfill: look, init_transactions
(which ends every earlier producer of that id), look again, claim, write. So any two writers of a height fence
each other, and whoever was fenced finds in the ledger who did it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ethlogs.cancellation import StopSwitch
from ethlogs.heights import FOLLOWER_PARTITION, slot_of_partition
from ethlogs.kafka.client_config import FOLLOWER_LIMITS, SLOT_LIMITS, ProducerLimits
from ethlogs.kafka.writer import TransactionalWriter
from ethlogs.ledger import CLAIM_KEY, Claim
from ethlogs.settings import KafkaSettings, StreamSettings
from ethlogs.stream.tail import Claimed, Tail, read_stable_tail, read_tail

_FIRST_LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class LedgerPartition:
    """One partition of a stream's ledger: the follower's, or a slot of the backfill."""

    kafka: KafkaSettings
    stream: StreamSettings
    number: int = FOLLOWER_PARTITION

    @property
    def transactional_id(self) -> str:
        """The only transactional id that writes this partition."""
        if self.number == FOLLOWER_PARTITION:
            return self.stream.follower_id
        return self.stream.slot_id(slot_of_partition(self.number))

    @property
    def limits(self) -> ProducerLimits:
        """How long its transactions and requests may take."""
        return FOLLOWER_LIMITS if self.number == FOLLOWER_PARTITION else SLOT_LIMITS

    def read(self) -> Tail:
        """Read its end, as far as it is visible now."""
        return read_tail(self.kafka, self.stream.ledger_topic, self.number)

    def end_transaction(self, stop: StopSwitch) -> None:
        """End the transaction that a lost writer has left open: it hides what lies behind it from consumers.

        A writer that lives all the same is fenced, and takes the partition again.

        Raises
        ------
        KafkaUnavailableError, NotAuthorizedError
            As :class:`ethlogs.kafka.writer.TransactionalWriter`.
        """
        TransactionalWriter(self.kafka, self.transactional_id, stop, self.limits).close()


class Owner(Protocol):
    """Whoever wants a partition: what it decides by what the partition's end says."""

    def check(self, tail: Tail) -> None:
        """Raise where this owner may not write."""

    def decide(self, tail: Tail) -> Claim | Claimed | None:
        """Return the claim to make, or the own one that still counts; ``None`` where nothing is to do."""

    def wait_until_free(self) -> None:
        """Wait until nobody else writes, or raise."""


@dataclass(frozen=True)
class Taken:
    """A partition that was taken: its producer, and the end that the claim was made behind."""

    partition: LedgerPartition
    writer: TransactionalWriter
    claimed: Claimed
    tail: Tail
    is_new: bool
    """Whether the claim was made now."""

    def commit_claim(self, claim: Claim) -> int:
        """Commit another claim in the place of the one that took the partition; returns its offset."""
        return commit_claim(self.writer, self.partition.stream.ledger_topic, claim, self.partition.number)


@contextmanager
def take_partition(partition: LedgerPartition, owner: Owner, stop: StopSwitch) -> Iterator[Taken | None]:
    """Take a partition and claim it; ``None`` where its owner has nothing to do.

    Raises
    ------
    EthlogsError
        As the owner decides, or why Kafka could not be used.
    """
    tail = _first_look(partition, owner, stop)
    if tail.stable and owner.decide(tail) is None:
        yield None
        return
    owner.wait_until_free()
    writer = TransactionalWriter(partition.kafka, partition.transactional_id, stop, partition.limits)
    try:
        yield _claim(partition, owner, stop, writer)
    finally:
        writer.close()


def _first_look(partition: LedgerPartition, owner: Owner, stop: StopSwitch) -> Tail:
    """Return the end before anything is taken from another writer.

    A writer that lives closes its transactions in a moment. One that was killed leaves its last one
    open, and then what is visible is not the end until init_transactions has ended that.
    """
    deadline = time.monotonic() + _FIRST_LOOK_SECONDS
    while True:
        tail = partition.read()
        owner.check(tail)
        if tail.stable or time.monotonic() > deadline:
            return tail
        stop.pause(0.1)


def _claim(
    partition: LedgerPartition, owner: Owner, stop: StopSwitch, writer: TransactionalWriter
) -> Taken | None:
    ledger_topic = partition.stream.ledger_topic
    tail = read_stable_tail(partition.kafka, ledger_topic, stop.pause, partition.number)
    claim = owner.decide(tail)
    if claim is None:
        return None
    if isinstance(claim, Claimed):
        return Taken(partition, writer, claim, tail, is_new=False)
    offset = commit_claim(writer, ledger_topic, claim, partition.number)
    return Taken(partition, writer, Claimed(claim, offset), tail, is_new=True)


def commit_claim(
    writer: TransactionalWriter, ledger_topic: str, claim: Claim, partition: int = FOLLOWER_PARTITION
) -> int:
    """Commit a claim; returns its offset."""
    with writer.transaction() as transaction:
        number = transaction.send(ledger_topic, partition, CLAIM_KEY, claim.encode())
        transaction.commit()
        return transaction.offset(number)
