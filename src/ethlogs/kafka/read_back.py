"""Reading back what the stream itself wrote: its blocks from the tip down, and the event logs of one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import orjson
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from ethlogs.errors import LedgerError
from ethlogs.event_log import Record
from ethlogs.kafka.tail import fetch_begin, fetch_end, open_consumer, read_range
from ethlogs.ledger import CLAIM_KEY, FOLLOWER_PARTITION, BlockRecord, parse_ledger_record
from ethlogs.settings import KafkaSettings

_WINDOW = 512
_LARGEST_WINDOW = 4096
_SLACK = 8


def walk_back(settings: KafkaSettings, ledger_topic: str) -> Generator[BlockRecord]:
    """The stream's blocks from its tip down to its first; close it when no more are wanted.

    The last record of a height counts: where that is a tombstone, the height was retracted.

    Raises
    ------
    LedgerError, KafkaUnavailableError
        As :func:`ethlogs.kafka.tail.read_tail`.
    """
    partition = TopicPartition(ledger_topic, FOLLOWER_PARTITION)
    settled: set[bytes | None] = {CLAIM_KEY}
    with open_consumer(settings) as consumer:
        consumer.assign([partition])
        end = fetch_end(consumer, partition)
        for record in _read_backward(consumer, partition, end, _WINDOW):
            if record.key in settled:
                continue
            settled.add(record.key)
            where = f"record {record.offset} of {ledger_topic}-{FOLLOWER_PARTITION}"
            parsed = parse_ledger_record(record.key, record.value, where)
            if isinstance(parsed, BlockRecord):
                yield parsed


def read_event_logs(settings: KafkaSettings, topic: str, block: BlockRecord) -> list[Record]:
    """The event logs of a block of the stream, as they were produced, in the order of their log index.

    Raises
    ------
    LedgerError
        When they are not where the ledger says.
    KafkaUnavailableError
        When Kafka does not answer in time.
    """
    found: list[tuple[int, Record]] = []
    with open_consumer(settings) as consumer:
        for number, last in block.offsets.items():
            if len(found) < block.logs:
                found += _read_partition(consumer, TopicPartition(topic, number), last, block)
    if len(found) != block.logs:
        raise LedgerError(
            f"block {block.block_number} ({block.block_hash}) has {block.logs} event logs by the ledger, and"
            f" {len(found)} of them are on {topic} at the offsets that it names",
            hint="were records of the event-log topic deleted? ethlogs verify names what is missing",
        )
    return [record for _index, record in sorted(found)]


def _read_partition(
    consumer: KafkaConsumer, partition: TopicPartition, last: int, block: BlockRecord
) -> list[tuple[int, Record]]:
    """The block's records in a partition, with their log indexes.

    They need not end at ``last``: behind a block that was the ancestor of a reorg are the blocks that were
    retracted, and their retractions. Before it are lower blocks, or its own earlier life and retraction.
    """
    consumer.assign([partition])
    found = []
    for row in _read_backward(consumer, partition, last + 1, block.logs + _SLACK):
        fields = _parse(row)
        own = fields.get("blockHash") == block.block_hash
        if fields.get("blockNumber", block.block_number) < block.block_number or (own and fields["removed"]):
            break
        if own:
            found.append((int(fields["logIndex"]), Record(row.key, row.value)))
            if len(found) == block.logs:
                break
    return found


def _read_backward(
    consumer: KafkaConsumer, partition: TopicPartition, stop: int, window: int
) -> Iterator[ConsumerRecord]:
    """The visible records below ``stop``, newest first, read in growing windows."""
    begin = fetch_begin(consumer, partition)
    while stop > begin:
        start = max(begin, stop - window)
        yield from reversed(list(read_range(consumer, partition, start, stop)))
        stop, window = start, min(window * 2, _LARGEST_WINDOW)


def _parse(row: ConsumerRecord) -> dict[str, Any]:
    """The fields of an event log; none where another program wrote the record."""
    try:
        fields = orjson.loads(row.value or b"null")
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) and type(fields.get("blockNumber")) is int else {}
