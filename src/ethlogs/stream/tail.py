"""The end of a partition of the ledger: its last block, and the claim of whoever owns it.

Control records and aborted batches take offsets too, so the last record is found by walking back from the
end in growing windows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from ethlogs.errors import KafkaUnavailableError, LedgerError
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.reading import fetch_begins, fetch_ends, open_consumer, read_range
from ethlogs.kafka.topics import admin_client
from ethlogs.ledger import BlockRecord, Claim, is_ledger_key, parse_ledger_record
from ethlogs.settings import KafkaSettings

STABLE_SECONDS = 75.0
"""Longer than any transaction of ours may stay open."""


@dataclass(frozen=True)
class Claimed:
    """A claim and its offset in the ledger."""

    claim: Claim
    offset: int

    @property
    def taken_at(self) -> int:
        """The offset of the claim by which the partition was taken: a later one may repeat it."""
        return self.offset if self.claim.repeats is None else self.claim.repeats


@dataclass(frozen=True)
class Tail:
    """The end of a ledger partition."""

    tip: BlockRecord | None
    newest: Claimed | None
    end_offset: int
    stable: bool
    """Whether no transaction was open behind what was read."""
    committed_at: float | None = None
    """When the newest visible record was produced, in seconds since 1970; ``None`` where there is none."""


def read_tail(settings: KafkaSettings, ledger_topic: str, partition: int = FOLLOWER_PARTITION) -> Tail:
    """The last block and the newest claim of a partition, as far as they are visible now.

    Raises
    ------
    LedgerError, KafkaUnavailableError
        As :func:`read_tails`.
    """
    return read_tails(settings, ledger_topic, [partition])[partition]


def read_tails(settings: KafkaSettings, ledger_topic: str, partitions: Collection[int]) -> dict[int, Tail]:
    """The last block and the newest claim of each partition, as far as they are visible now.

    Raises
    ------
    LedgerError
        When the ledger holds something else than a ledger's records.
    KafkaUnavailableError
        When Kafka does not answer in time.
    """
    with open_consumer(settings, "read_uncommitted") as consumer:
        high_watermarks = fetch_ends(consumer, ledger_topic, partitions)
    with open_consumer(settings) as consumer:
        begins = fetch_begins(consumer, ledger_topic, partitions)
        ends = fetch_ends(consumer, ledger_topic, partitions)
        return {
            number: read_end(
                consumer,
                TopicPartition(ledger_topic, number),
                begins[number],
                ends[number],
                stable=ends[number] >= high_watermarks[number],
            )
            for number in partitions
        }


def read_end(
    consumer: KafkaConsumer, partition: TopicPartition, begin: int, end: int, *, stable: bool
) -> Tail:
    """The tail of a partition that reaches from ``begin`` to ``end`` for this consumer.

    Raises
    ------
    LedgerError, KafkaUnavailableError
        As :func:`read_tails`.
    """
    consumer.assign([partition])
    tip, newest, committed_at = _find_last(consumer, partition, begin, end)
    if tip is not None and (newest is None or newest.offset < tip.claim):
        newest = _read_claim(consumer, partition, tip)
    return Tail(tip, newest, end, stable, committed_at)


def read_stable_tail(
    settings: KafkaSettings,
    ledger_topic: str,
    pause: Callable[[float], None],
    partition: int = FOLLOWER_PARTITION,
) -> Tail:
    """The tail, once no transaction is open behind it.

    Raises
    ------
    KafkaUnavailableError
        When a transaction stays open, naming who holds it.
    """
    deadline = time.monotonic() + STABLE_SECONDS
    while True:
        tail = read_tail(settings, ledger_topic, partition)
        if tail.stable:
            return tail
        if time.monotonic() > deadline:
            raise open_transaction_error(settings, ledger_topic, [partition])
        pause(0.1)


def open_transaction_error(
    settings: KafkaSettings, ledger_topic: str, partitions: Iterable[int]
) -> KafkaUnavailableError:
    """The error for a transaction that stays open on the ledger, with who holds it (KIP-664)."""
    wanted = [TopicPartition(ledger_topic, number) for number in partitions]
    with admin_client(settings) as client:
        described = client.describe_producers(wanted)
        holders = {
            producer.producer_id
            for partition in wanted
            for producer in described[partition].active_producers
            if producer.current_transaction_start_offset >= 0
        }
        listings = client.list_transactions(producer_id_filters=sorted(holders))
    names = [row.transactional_id for rows in listings.values() for row in rows]
    holder = f"transactional id {', '.join(names)}" if names else f"producer id {sorted(holders)}"
    return KafkaUnavailableError(
        f"a transaction on the ledger {ledger_topic} has been open for {STABLE_SECONDS:g} seconds,"
        f" held by {holder}",
        hint="end that program, or abort the transaction with kafka-transactions abort",
    )


def _find_last(
    consumer: KafkaConsumer, partition: TopicPartition, begin: int, end: int
) -> tuple[BlockRecord | None, Claimed | None, float | None]:
    """The last block record, the last claim behind it, and the newest record's time, found from the end."""
    start, step = end, 8
    newest: Claimed | None = None
    committed_at: float | None = None
    while start > begin:
        stop, start = start, max(begin, end - step)
        step *= 16
        tip: BlockRecord | None = None
        claimed: Claimed | None = None
        produced_ms: int | None = None
        for record in read_range(consumer, partition, start, stop):
            where = f"record {record.offset} of {partition.topic}-{partition.partition}"
            if not is_ledger_key(record.key):
                # It takes no block's place, so what the ledger says is still whole.
                logging.getLogger(__name__).warning("%s with the key %r is ignored", where, record.key)
                continue
            parsed = parse_ledger_record(record.key, record.value, where)
            produced_ms = record.timestamp
            if isinstance(parsed, Claim):
                claimed = Claimed(parsed, record.offset)
            elif parsed is not None:
                tip = parsed
        newest = newest or claimed
        if committed_at is None and produced_ms is not None:
            committed_at = produced_ms / 1000
        if tip is not None:
            return tip, newest, committed_at
    return None, newest, committed_at


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
