"""Reading what was committed: the last records of the ledger, and records at given offsets.

Under read_committed, ``end_offsets`` is the last stable offset (KIP-98): behind it there may be an
open transaction that hides newer commits. Control records and aborted batches take offsets too, so
the last record is found by walking back from the end in growing windows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from ethlogs.errors import KafkaUnavailableError, LedgerError
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.client_config import consumer_config
from ethlogs.kafka.errors import mapped_errors
from ethlogs.kafka.topics import Topic, admin_client
from ethlogs.ledger import BlockRecord, Claim, parse_ledger_record
from ethlogs.settings import KafkaSettings

_OFFSETS_MS = 15_000
READ_SECONDS = 30.0
"""Limit of one read; a tail is a few records."""

STABLE_SECONDS = 75.0
"""Longer than any transaction of ours may stay open."""


@dataclass(frozen=True)
class Claimed:
    """A claim and its offset in the ledger."""

    claim: Claim
    offset: int


@dataclass(frozen=True)
class Tail:
    """The end of the follower's ledger partition."""

    tip: BlockRecord | None
    newest: Claimed | None
    end_offset: int
    stable: bool
    """Whether no transaction was open behind what was read."""


@contextmanager
def open_consumer(
    settings: KafkaSettings, isolation_level: str = "read_committed"
) -> Iterator[KafkaConsumer]:
    """A consumer without a group, closed at the end, with its errors mapped."""
    with mapped_errors(f"reading from {settings.bootstrap_servers}"):
        consumer = KafkaConsumer(**consumer_config(settings, isolation_level))
        try:
            yield consumer
        finally:
            consumer.close()


def read_tail(settings: KafkaSettings, ledger_topic: str) -> Tail:
    """The tip and the newest claim, as far as they are visible now.

    Raises
    ------
    LedgerError
        When the ledger holds something else than a ledger's records.
    KafkaUnavailableError
        When Kafka does not answer in time.
    """
    partition = TopicPartition(ledger_topic, FOLLOWER_PARTITION)
    high_watermark = _fetch_end_offset(settings, partition, "read_uncommitted")
    with open_consumer(settings) as consumer:
        consumer.assign([partition])
        begin, end = fetch_begin(consumer, partition), fetch_end(consumer, partition)
        tip, newest = _find_last(consumer, partition, begin, end)
        if tip is not None and (newest is None or newest.offset < tip.claim):
            newest = _read_claim(consumer, partition, tip)
    return Tail(tip, newest, end, stable=end >= high_watermark)


def read_stable_tail(settings: KafkaSettings, ledger_topic: str, pause: Callable[[float], None]) -> Tail:
    """The tail, once no transaction is open behind it.

    Raises
    ------
    KafkaUnavailableError
        When a transaction stays open, naming who holds it.
    """
    deadline = time.monotonic() + STABLE_SECONDS
    while True:
        tail = read_tail(settings, ledger_topic)
        if tail.stable:
            return tail
        if time.monotonic() > deadline:
            raise KafkaUnavailableError(
                f"a transaction on the ledger {ledger_topic} has been open for {STABLE_SECONDS:g} seconds,"
                f" held by {describe_open_transaction(settings, ledger_topic)}",
                hint="end that program, or abort the transaction with kafka-transactions abort",
            )
        pause(0.1)


def describe_open_transaction(settings: KafkaSettings, ledger_topic: str) -> str:
    """Who holds a transaction open on the follower's ledger partition (KIP-664), for a message."""
    partition = TopicPartition(ledger_topic, FOLLOWER_PARTITION)
    with admin_client(settings) as client:
        described = client.describe_producers([partition])[partition]
        holders = {
            p.producer_id for p in described.active_producers if p.current_transaction_start_offset >= 0
        }
        listings = client.list_transactions(producer_id_filters=sorted(holders))
    names = [row.transactional_id for rows in listings.values() for row in rows]
    return f"transactional id {', '.join(names)}" if names else f"producer id {sorted(holders)}"


def has_records(settings: KafkaSettings, topic: Topic) -> bool:
    """Whether anything is in a topic."""
    numbers = range(topic.partitions)
    with open_consumer(settings, "read_uncommitted") as consumer:
        return fetch_ends(consumer, topic.name, numbers) != fetch_begins(consumer, topic.name, numbers)


def fetch_begins(consumer: KafkaConsumer, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """Each partition's first offset. Without a limit kafka-python asks for ever where a broker is away."""
    wanted = [TopicPartition(topic, number) for number in partitions]
    found = consumer.beginning_offsets(wanted, timeout_ms=_OFFSETS_MS)
    return {partition.partition: int(offset) for partition, offset in found.items()}


def fetch_ends(consumer: KafkaConsumer, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """Each partition's offset after the last one that this consumer may see."""
    wanted = [TopicPartition(topic, number) for number in partitions]
    found = consumer.end_offsets(wanted, timeout_ms=_OFFSETS_MS)
    return {partition.partition: int(offset) for partition, offset in found.items()}


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
                f"reading {partition.topic}-{partition.partition} stands at offset {before} of {stop}"
            )


def _fetch_end_offset(settings: KafkaSettings, partition: TopicPartition, isolation_level: str) -> int:
    with open_consumer(settings, isolation_level) as consumer:
        return fetch_end(consumer, partition)


def _find_last(
    consumer: KafkaConsumer, partition: TopicPartition, begin: int, end: int
) -> tuple[BlockRecord | None, Claimed | None]:
    """The last block record, and the last claim after it, walking back from the end."""
    start, step = end, 8
    newest: Claimed | None = None
    while start > begin:
        stop, start = start, max(begin, end - step)
        step *= 16
        tip: BlockRecord | None = None
        claimed: Claimed | None = None
        for record in read_range(consumer, partition, start, stop):
            where = f"record {record.offset} of {partition.topic}-{partition.partition}"
            parsed = parse_ledger_record(record.key, record.value, where)
            if isinstance(parsed, Claim):
                claimed = Claimed(parsed, record.offset)
            elif parsed is not None:
                tip = parsed
        newest = newest or claimed
        if tip is not None:
            return tip, newest
    return None, newest


def _read_claim(consumer: KafkaConsumer, partition: TopicPartition, tip: BlockRecord) -> Claimed:
    where = f"record {tip.claim} of {partition.topic}-{partition.partition}"
    for record in read_range(consumer, partition, tip.claim, tip.claim + 1):
        parsed = parse_ledger_record(record.key, record.value, where)
        if isinstance(parsed, Claim):
            return Claimed(parsed, record.offset)
    raise LedgerError(
        f"block {tip.block_number} of the ledger {partition.topic} names {where} as its claim; there is none",
        hint="was the ledger copied or edited? Only ethlogs may write to it",
    )
