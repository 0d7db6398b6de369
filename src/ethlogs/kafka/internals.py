"""What ethlogs uses of kafka-python's private parts, and why; a test fails where the library changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

# The logger that has why a connection failed. Calls only say that their time is over.
CONNECTION_LOGGER = "kafka.net.manager"

Append = Callable[[TopicPartition, bytes, bytes], Any]
"""Hands a record to a producer; returns the record's future."""


def record_appender(producer: KafkaProducer) -> Append:
    """Return what ``KafkaProducer.send`` ends with, without the checks that cost half of its time."""
    append, wake_sender = producer._accumulator.append, producer._sender.wakeup

    def append_record(partition: TopicPartition, key: bytes, value: bytes) -> Any:
        future, batch_is_full, batch_is_new, _ = append(partition, None, key, value, [])
        if batch_is_full or batch_is_new:
            wake_sender()
        return future

    return append_record


def transaction_error(producer: KafkaProducer) -> BaseException | None:
    """Return what ended a producer's transactions: later calls have no more than its text in theirs."""
    error = producer._transaction_manager.last_error
    return error if isinstance(error, BaseException) else None


def end_sender(producer: KafkaProducer) -> None:
    """End the producer's thread.

    ``close`` raises before it does that where records are still unsent, and the thread would go on trying to
    send them.
    """
    producer._sender.force_close()


def take_up_resumed(consumer: KafkaConsumer) -> None:
    """Let the records of partitions that are not paused any more come.

    kafka-python keeps what it had fetched of a paused partition aside, and takes it up again only where it
    works on no other partition's records: of records that are used up it does not say so.
    """
    fetcher = consumer._fetcher
    if not fetcher._next_partition_records:
        fetcher._next_partition_records = None
