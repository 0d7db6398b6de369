"""The end of a partition of the ledger: its last block, and the claim of whoever owns it.

Control records and aborted batches take offsets too, so the last record is found by walking back from the
end in growing windows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from ethlogs.errors import KafkaUnavailableError, LedgerError
from ethlogs.heights import FOLLOWER_PARTITION, holds
from ethlogs.kafka.reading import (
    fetch_begin,
    fetch_begins,
    fetch_end,
    fetch_ends,
    open_consumer,
    read_range,
)
from ethlogs.kafka.topics import admin_client
from ethlogs.ledger import CLAIM_KEY, BlockRecord, Claim, is_ledger_key, parse_ledger_record, show_key
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


def newest_claims(tails: Mapping[int, Tail]) -> list[Claim]:
    """Return the newest claim of each partition that has one, the follower's first.

    Each of them binds the stream: one that was only backfilled has its claims in the slots.
    """
    ends = [tails[number] for number in sorted(tails)]
    return [tail.newest.claim for tail in ends if tail.newest is not None]


def newest_tips(tails: Mapping[int, Tail]) -> list[BlockRecord]:
    """Return the last block record of each partition that has one."""
    return [tail.tip for tail in tails.values() if tail.tip is not None]


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
        newest = _read_claim(consumer, partition, begin, end, tip)
    return Tail(tip, newest, end, stable, committed_at)


def check_end(consumer: KafkaConsumer, partition: TopicPartition) -> None:
    """Check that no record of another program may hide a partition's newest block.

    Claims are not looked at: readers need none, and a newer version may write others.

    Raises
    ------
    LedgerError, KafkaUnavailableError
        As :func:`read_tails`.
    """
    begin, end = fetch_begin(consumer, partition), fetch_end(consumer, partition)
    consumer.assign([partition])
    _find_last(consumer, partition, begin, end, with_claims=False)


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


@dataclass
class _Window:
    """What one window of records has."""

    tip: BlockRecord | None = None
    claimed: Claimed | None = None
    produced_ms: int | None = None
    strays: dict[bytes, LedgerError] = field(default_factory=dict)
    """By key, where no record of a ledger with that key comes after it."""
    settled: set[bytes] = field(default_factory=set)
    """The keys of the ledger's own records."""

    def take(self, record: ConsumerRecord, where: str) -> None:
        """Take the next record with a ledger's key."""
        try:
            parsed = parse_ledger_record(record.key, record.value, where)
        except LedgerError as exc:
            if exc.__cause__ is None:
                # A newer format: nothing that this version could judge.
                raise
            self.strays[record.key] = exc
            return
        self.strays.pop(record.key, None)
        self.settled.add(record.key)
        self.produced_ms = record.timestamp
        if isinstance(parsed, Claim):
            self.claimed = Claimed(parsed, record.offset)
        elif parsed is not None:
            self.tip = parsed


def _find_last(
    consumer: KafkaConsumer, partition: TopicPartition, begin: int, end: int, *, with_claims: bool = True
) -> tuple[BlockRecord | None, Claimed | None, float | None]:
    """The last block record, the last claim behind it, and the newest record's time, found from the end."""
    start, step = end, 8
    newest: Claimed | None = None
    committed_at: float | None = None
    strays: dict[bytes, LedgerError] = {}
    settled: set[bytes] = set()
    while start > begin:
        stop, start = start, max(begin, end - step)
        step *= 16
        window = _read_window(consumer, partition, start, stop, with_claims)
        strays |= {key: error for key, error in window.strays.items() if key not in settled}
        settled |= window.settled
        newest = newest or window.claimed
        if committed_at is None and window.produced_ms is not None:
            committed_at = window.produced_ms / 1000
        if window.tip is not None:
            _judge(strays, window.tip)
            return window.tip, newest, committed_at
    _judge(strays, None)
    return None, newest, committed_at


def _read_window(
    consumer: KafkaConsumer, partition: TopicPartition, start: int, stop: int, with_claims: bool
) -> _Window:
    window = _Window()
    for record in read_range(consumer, partition, start, stop):
        where = f"record {record.offset} of {partition.topic}-{partition.partition}"
        if record.key == CLAIM_KEY and not with_claims:
            continue
        if is_ledger_key(record.key):
            window.take(record, where)
        else:
            # It takes no block's place, so what the ledger says is still whole.
            logging.getLogger(__name__).warning("%s with the key %s is ignored", where, show_key(record.key))
    return window


def _judge(strays: Mapping[bytes, LedgerError], tip: BlockRecord | None) -> None:
    """Refuse a record that is not a ledger's where compaction by its key may take the tip or the claim away.

    A block below the tip stays counted there, so the stream can continue; verify names what is lost. The
    same key written once more, by a record of a ledger, settles it.
    """
    for key, error in strays.items():
        below = tip is not None and key not in (tip.key, CLAIM_KEY) and holds(tip.ranges, int(key))
        if not below:
            raise error
        logging.getLogger(__name__).warning("%s; it is ignored, as a block below the tip has its key", error)


def _read_claim(
    consumer: KafkaConsumer, partition: TopicPartition, begin: int, end: int, tip: BlockRecord
) -> Claimed:
    where = f"record {tip.claim} of {partition.topic}-{partition.partition}"
    if tip.claim < begin:
        raise LedgerError(
            f"block {tip.block_number} of the ledger {partition.topic} names {where} as its claim, which was"
            " deleted: nothing says any more to which chain and topics the stream is bound",
            hint="its blocks stay readable. Continue on another --topic, with --start"
            f" {tip.block_number + 1}",
        )
    # Behind the end nothing would come, for as long as one waits.
    for record in read_range(consumer, partition, tip.claim, min(tip.claim + 1, end)):
        parsed = parse_ledger_record(record.key, record.value, where)
        if isinstance(parsed, Claim):
            return Claimed(parsed, record.offset)
    raise LedgerError(
        f"block {tip.block_number} of the ledger {partition.topic} names {where} as its claim; there is none",
        hint="was the ledger copied or edited? Only ethlogs may write to it",
    )
