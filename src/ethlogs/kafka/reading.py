"""Reading from Kafka at given offsets, without a group: whoever reads knows where it is.

Under read_committed, ``end_offsets`` is the last stable offset (KIP-98): behind it there may be an open
transaction that hides newer commits.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from ethlogs.errors import KafkaUnavailableError
from ethlogs.kafka.client_config import consumer_config
from ethlogs.kafka.errors import connect, mapped_errors
from ethlogs.kafka.topics import Topic
from ethlogs.settings import KafkaSettings

_OFFSETS_MS = 15_000

READ_SECONDS = 30.0
"""Limit of one read without anything new."""
STANDS_STILL_HINT = "is the broker that leads this partition well? Run the same command again"


@contextmanager
def open_consumer(
    settings: KafkaSettings, isolation_level: str = "read_committed"
) -> Iterator[KafkaConsumer]:
    """A consumer without a group, closed at the end, with its errors mapped."""
    consumer = connect(KafkaConsumer, consumer_config(settings, isolation_level), settings)
    with mapped_errors(f"reading from {settings.bootstrap_servers}"):
        try:
            yield consumer
        finally:
            consumer.close()


def has_records(settings: KafkaSettings, topic: Topic) -> bool:
    """Return whether anything is in a topic."""
    numbers = range(topic.partitions)
    with open_consumer(settings, "read_uncommitted") as consumer:
        return fetch_ends(consumer, topic.name, numbers) != fetch_begins(consumer, topic.name, numbers)


def fetch_begins(consumer: KafkaConsumer, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """Each partition's first offset. Without a limit kafka-python asks for ever where a broker is away."""
    wanted = [TopicPartition(topic, number) for number in partitions]
    found = consumer.beginning_offsets(wanted, timeout_ms=_OFFSETS_MS)
    return {partition.partition: int(offset) for partition, offset in found.items()}


def fetch_ends_of(consumer: KafkaConsumer, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Each partition's offset after the last one that this consumer may see, of several topics at once."""
    found = consumer.end_offsets(list(partitions), timeout_ms=_OFFSETS_MS)
    return {partition: int(offset) for partition, offset in found.items()}


def fetch_ends(consumer: KafkaConsumer, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """Each partition's offset after the last one that this consumer may see."""
    wanted = [TopicPartition(topic, number) for number in partitions]
    return {partition.partition: end for partition, end in fetch_ends_of(consumer, wanted).items()}


def fetch_begin(consumer: KafkaConsumer, partition: TopicPartition) -> int:
    """The first offset of a partition."""
    return fetch_begins(consumer, partition.topic, [partition.partition])[partition.partition]


def fetch_end(consumer: KafkaConsumer, partition: TopicPartition) -> int:
    """The end of a partition, for this consumer."""
    return fetch_ends(consumer, partition.topic, [partition.partition])[partition.partition]


def read_range(
    consumer: KafkaConsumer, partition: TopicPartition, start: int, stop: int
) -> Iterator[ConsumerRecord]:
    """The visible records with ``start <= offset < stop``; some offsets have none.

    Raises
    ------
    KafkaUnavailableError
        When nothing arrives for :data:`READ_SECONDS`.
    """
    consumer.seek(partition, start)
    deadline = time.monotonic() + READ_SECONDS
    while consumer.position(partition) < stop:
        before = consumer.position(partition)
        for record in consumer.poll(timeout_ms=100).get(partition, ()):
            if record.offset < stop:
                yield record
        if consumer.position(partition) > before:
            deadline = time.monotonic() + READ_SECONDS
        elif time.monotonic() > deadline:
            raise KafkaUnavailableError(
                f"reading {partition.topic}-{partition.partition} stopped at offset {before} of {stop}",
                hint=STANDS_STILL_HINT,
            )
