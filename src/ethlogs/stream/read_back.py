"""Reading back what the stream itself wrote: its blocks from the tip down, and the event logs of some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence

import msgspec
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from ethlogs.errors import LedgerError
from ethlogs.event_log import Record
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.reading import fetch_begin, fetch_end, open_consumer, read_range
from ethlogs.ledger import CLAIM_KEY, BlockRecord, Span, is_ledger_key, parse_ledger_record
from ethlogs.settings import KafkaSettings
from ethlogs.stream.offsets import merge_spans

_WINDOW = 512
_LARGEST_WINDOW = 4096


def walk_back(settings: KafkaSettings, ledger_topic: str) -> Generator[BlockRecord]:
    """The stream's blocks from its tip down to its first; close it when no more are wanted.

    The last record of a height counts: where that is a tombstone, the height was retracted.

    Raises
    ------
    LedgerError, KafkaUnavailableError
        As :func:`ethlogs.stream.tail.read_tail`.
    """
    partition = TopicPartition(ledger_topic, FOLLOWER_PARTITION)
    settled: set[bytes | None] = {CLAIM_KEY}
    with open_consumer(settings) as consumer:
        consumer.assign([partition])
        begin, stop, window = fetch_begin(consumer, partition), fetch_end(consumer, partition), _WINDOW
        while stop > begin:
            start = max(begin, stop - window)
            for record in reversed(list(read_range(consumer, partition, start, stop))):
                # A record with another key takes no block's place.
                if record.key in settled or not is_ledger_key(record.key):
                    continue
                settled.add(record.key)
                where = f"record {record.offset} of {ledger_topic}-{FOLLOWER_PARTITION}"
                parsed = parse_ledger_record(record.key, record.value, where)
                if isinstance(parsed, BlockRecord):
                    yield parsed
            stop, window = start, min(window * 2, _LARGEST_WINDOW)


def read_event_logs(
    settings: KafkaSettings, topic: str, blocks: Sequence[BlockRecord]
) -> dict[str, list[Record]]:
    """The event logs of blocks of the stream by block hash, as they were produced, in their order.

    Each partition is read once, from the first to the last offset that the ledger names, by one consumer
    for all of the blocks.

    Raises
    ------
    LedgerError
        When they are not where the ledger says.
    KafkaUnavailableError
        When Kafka does not answer in time.
    """
    found = FoundLogs(blocks)
    with open_consumer(settings) as consumer:
        for number, spans in spans_by_partition(blocks).items():
            partition = TopicPartition(topic, number)
            consumer.assign([partition])
            for first, last in merge_spans(spans):
                for row in read_range(consumer, partition, first, last + 1):
                    found.take(row)
    return {block.block_hash: found.logs_of(block, topic) for block in blocks}


def spans_by_partition(blocks: Iterable[BlockRecord]) -> dict[int, list[Span]]:
    """Return where the blocks lie, by partition of the event-log topic."""
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    for block in blocks:
        if block.produced:
            for partition, span in block.offsets.items():
                spans[partition].append(span)
    return dict(spans)


class _Place(msgspec.Struct, rename="camel"):
    """What of an event log says where it belongs."""

    block_hash: str
    log_index: int
    removed: bool


_PLACE = msgspec.json.Decoder(_Place)


class FoundLogs:
    """The event logs of some blocks, as they come."""

    def __init__(self, blocks: Iterable[BlockRecord]) -> None:
        self._offsets = {block.block_hash: block.offsets for block in blocks}
        self._logs: dict[str, dict[int, Record]] = {block_hash: {} for block_hash in self._offsets}

    def take(self, row: ConsumerRecord) -> None:
        """Keep the record where it is an event log of one of the blocks.

        Outside of a block's offsets there may be an earlier life of the same block, which was retracted.
        """
        try:
            place = _PLACE.decode(row.value or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return  # Another program wrote it. What is missing for it is counted at the end.
        first, last = self._offsets.get(place.block_hash, {}).get(row.partition, (0, -1))
        if first <= row.offset <= last and not place.removed:
            self._logs[place.block_hash][place.log_index] = Record(row.key, row.value)

    def logs_of(self, block: BlockRecord, topic: str) -> list[Record]:
        """The block's event logs in the order of their log index."""
        logs = self._logs[block.block_hash]
        if len(logs) != block.produced:
            raise LedgerError(
                f"block {block.block_number} ({block.block_hash}) has {block.produced} event logs on {topic}"
                f" by the ledger, and {len(logs)} of them are at the offsets that it names",
                hint="were records of the event-log topic deleted? ethlogs verify names what is missing",
            )
        return [record for _index, record in sorted(logs.items())]
