"""The stream's transactional producer, used so that nothing is lost, duplicated or half-visible.

The rules (KIP-98, and what kafka-python 3.0 does):

* ``flush`` returns normally with failed futures: every future is checked before the commit.
* Before a commit is sent, doubt means abort. After it, never: a commit that raised may have been
  committed, and only the ledger knows.
* A producer that has had an error is never used again.
* ``commit_transaction`` and ``abort_transaction`` may hang for ever: what they do is done here with a limit.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, TransactionalIdAuthorizationFailedError
from kafka.partitioner import murmur2
from kafka.structs import TopicPartition

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KafkaUnavailableError
from ethlogs.event_log import Record
from ethlogs.kafka.brokers import check_transaction_log
from ethlogs.kafka.client_config import (
    DELIVERY_TIMEOUT_MS,
    FOLLOWER_LIMITS,
    ProducerLimits,
    producer_config,
)
from ethlogs.kafka.codecs import require_codec
from ethlogs.kafka.errors import connect, mapped_errors, no_answer, run_with_limit
from ethlogs.kafka.internals import (
    append_records,
    end_sender,
    end_transaction,
    find_unacknowledged,
    join_transaction,
    send_joins,
    transaction_error,
)
from ethlogs.kafka.rights import missing_transaction_right
from ethlogs.ledger import Span
from ethlogs.settings import KafkaSettings

Numbers = dict[int, tuple[int, int]]
"""The numbers of the first and the last record of a transaction in each partition of a topic."""

COMMIT_SECONDS = 30.0
ABORT_SECONDS = 5.0
_FLUSH_SECONDS = DELIVERY_TIMEOUT_MS / 1000 + 5
_SMALL_BYTES = 64 << 10
_STOP_GRACE_SECONDS = 5.0
"""How long a run that was asked to stop still waits for acknowledgements before it aborts."""


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as Kafka's own default partitioner chooses it (murmur2)."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


@contextlib.contextmanager
def _mapped(producer: KafkaProducer, doing: str) -> Iterator[None]:
    """Map errors as :func:`mapped_errors`; what a plain KafkaError is about, the producer knows."""
    with mapped_errors(doing):
        try:
            yield
        except KafkaError as exc:
            cause = transaction_error(producer) if type(exc) is KafkaError else None
            if isinstance(cause, KafkaError):
                raise cause from exc
            raise


class TransactionalWriter:
    """One producer with one transactional id; replaced after any trouble."""

    def __init__(
        self,
        settings: KafkaSettings,
        transactional_id: str,
        stop: StopSwitch,
        limits: ProducerLimits = FOLLOWER_LIMITS,
    ) -> None:
        """Connect, fence every earlier producer of this id, and finish or abort what it left open.

        Raises
        ------
        KafkaUnavailableError, NotAuthorizedError
            When the transactional id cannot be had.
        SettingsError
            When this Python lacks the codec.
        """
        self._stop = stop
        config = producer_config(settings, transactional_id, limits)
        require_codec(config["compression_type"], "batches are compressed")
        self._producer = connect(KafkaProducer, config, settings)
        try:
            with mapped_errors(f"taking the transactional id {transactional_id}"):
                self._init_transactions(settings, transactional_id)
        except BaseException:
            self.close()
            raise

    def _init_transactions(self, settings: KafkaSettings, transactional_id: str) -> None:
        try:
            self._producer.init_transactions()
        except TransactionalIdAuthorizationFailedError as exc:
            raise missing_transaction_right(transactional_id).of_client(settings) from exc
        except KafkaTimeoutError:
            # kafka-python tries again what the coordinator refuses, and drops the reason.
            check_transaction_log(settings, has_failed=True)
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that is aborted unless it was committed in the block."""
        with _mapped(self._producer, "beginning a transaction"):
            self._producer.begin_transaction()
        transaction = Transaction(self._producer, self._stop)
        try:
            yield transaction
        except BaseException:
            if not transaction.commit_was_sent:
                self._abort()
            raise
        if not transaction.commit_was_sent:
            self._abort()

    def metrics(self) -> dict[str, Any]:
        """The producer's own metrics, by group and name."""
        return self._producer.metrics() or {}

    def close(self) -> None:
        """Let go of the producer, whatever state it is in."""
        with contextlib.suppress(KafkaError, KafkaUnavailableError):
            run_with_limit(lambda: self._producer.close(timeout=1), ABORT_SECONDS, "closing the producer")
        end_sender(self._producer)

    def _abort(self) -> None:
        """Best effort: what is not aborted now, the next init_transactions aborts.

        Whatever it raises would hide why the transaction is aborted.
        """
        with contextlib.suppress(Exception):
            end_transaction(self._producer, ABORT_SECONDS, commits=False)


class Transaction:
    """Records of one transaction; invisible to consumers until :meth:`commit` has succeeded."""

    def __init__(self, producer: KafkaProducer, stop: StopSwitch) -> None:
        self._producer = producer
        self._stop = stop
        self._futures: list[Any] = []
        self._begun: set[TopicPartition] = set()
        """Where event logs were sent to."""
        self.records = 0
        self.size_bytes = 0
        self.commit_was_sent = False

    def join(self, topic: str, partitions: Iterable[int]) -> None:
        """Name partitions that records will be sent to: those named before the first record are one request.

        Otherwise the first record of each asks the brokers, and waits for the answer.
        """
        with _mapped(self._producer, f"producing to {topic}"):
            for partition in partitions:
                join_transaction(self._producer, TopicPartition(topic, partition))

    def send_joins(self) -> None:
        """Send the request for the partitions named so far, without waiting for the first record."""
        send_joins(self._producer)

    def send(self, topic: str, partition: int, key: bytes, value: bytes | None) -> int:
        """Hand a record, or a tombstone, to the producer; returns its number for :meth:`offset`."""
        with _mapped(self._producer, f"producing to {topic}"):
            future = self._producer.send(topic, key=key, value=value, partition=partition)
        self._futures.append(future)
        self.records += 1
        self.size_bytes += len(value or b"")
        return len(self._futures) - 1

    def send_all(self, topic: str, partitions: int, records: list[Record]) -> Numbers:
        """Send event logs by key; returns the numbers of the first and last record of each partition."""
        numbers: Numbers = {}
        divided = _divide(records, partitions)
        self.join(topic, divided)
        with _mapped(self._producer, f"producing to {topic}"):
            for partition, own in sorted(divided.items()):
                first = len(self._futures)
                self._futures += self._send_to(TopicPartition(topic, partition), own)
                numbers[partition] = (first, len(self._futures) - 1)
        self.records += len(records)
        self.size_bytes += sum(len(record.value) for record in records)
        return numbers

    def _send_to(self, partition: TopicPartition, records: list[Record]) -> list[Any]:
        """Send records to one partition; returns a future, or a place in its batch, for each.

        The transaction's first one looks whether the partition is there, and one so large may be refused:
        these go through KafkaProducer.send with all of its checks, the others where it would put them. What
        goes wrong with the producer meanwhile fails their futures, as it does those of records sent a moment
        earlier.
        """
        checked = [number for number, record in enumerate(records) if len(record[1]) > _SMALL_BYTES]
        if partition not in self._begun:
            self._begun.add(partition)
            checked = sorted({0, *checked})
        futures: list[Any] = []
        for number in checked:
            futures += append_records(self._producer, partition, records[len(futures) : number])
            key, value = records[number]
            futures.append(
                self._producer.send(partition.topic, key=key, value=value, partition=partition.partition)
            )
        return futures + append_records(self._producer, partition, records[len(futures) :])

    def settle(self) -> None:
        """Wait until the brokers have acknowledged every record so far.

        Raises
        ------
        KafkaUnavailableError, DeliveryError, NotAuthorizedError
            When one of them was not; the transaction must not be committed then.
        """
        with _mapped(self._producer, "waiting for acknowledgements"):
            self._flush()
            missing = find_unacknowledged(self._futures)
            if missing is not None:
                raise missing.exception or KafkaTimeoutError("a record was not acknowledged")

    def offset(self, number: int) -> int:
        """The offset of an acknowledged record."""
        return int(self._futures[number].value.offset)

    def offsets(self, numbers: Numbers) -> dict[int, Span]:
        """The offsets of acknowledged records, by partition."""
        return {
            partition: (self.offset(first), self.offset(last)) for partition, (first, last) in numbers.items()
        }

    def commit(self) -> None:
        """Make every record visible at once.

        Raises
        ------
        KafkaUnavailableError
            The outcome is in doubt: ask the ledger, with a new producer.
        """
        self.settle()
        self.commit_was_sent = True
        doing = "committing a transaction"
        with _mapped(self._producer, doing):
            if not end_transaction(self._producer, COMMIT_SECONDS, commits=True):
                raise no_answer(COMMIT_SECONDS, doing)

    def _flush(self) -> None:
        """flush() in slices, so that a request to stop is heard while a broker is away."""
        deadline = time.monotonic() + _FLUSH_SECONDS
        while True:
            try:
                self._producer.flush(timeout=1.0)
                return
            except KafkaTimeoutError:
                if self._stop.requested:
                    deadline = min(deadline, time.monotonic() + _STOP_GRACE_SECONDS)
                if time.monotonic() > deadline:
                    raise


def _divide(records: list[Record], partitions: int) -> dict[int, list[Record]]:
    """Divide records by the partitions of their keys; within each their order stays."""
    divided: dict[int, list[Record]] = {}
    of_key: dict[bytes, list[Record]] = {}
    for record in records:
        own = of_key.get(record[0])
        if own is None:
            own = divided.setdefault(partition_of(record.key, partitions), [])
            of_key[record.key] = own
        own.append(record)
    return divided
