"""Reading the partitions of the event-log topic side by side, up to given offsets."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KafkaUnavailableError
from ethlogs.kafka.client_config import consumer_config
from ethlogs.kafka.errors import connect, mapped_errors
from ethlogs.kafka.internals import read_whole_batches, take_up_resumed
from ethlogs.kafka.reading import READ_SECONDS, STANDS_STILL_HINT, fetch_begins, fetch_ends
from ethlogs.kafka.record_batch import FetchedRecord
from ethlogs.settings import KafkaSettings
from ethlogs.verify.found_record import FoundRecord

_FETCH_BYTES = 1 << 20
_ANSWER_BYTES = 16 << 20
_HELD_RECORDS = 2_000
"""A partition that is so far ahead of the others is not read on until they have caught up."""


@contextmanager
def open_topic(settings: KafkaSettings, topic: str, stop: StopSwitch) -> Iterator[TopicReader]:
    """A reader of the event-log topic under read_committed."""
    config = {
        **consumer_config(settings, "read_committed"),
        # Each answer is held while it is worked on.
        "max_partition_fetch_bytes": _FETCH_BYTES,
        "fetch_max_bytes": _ANSWER_BYTES,
        "max_poll_records": 1,
    }
    consumer = connect(KafkaConsumer, config, settings)
    with mapped_errors(f"reading from {settings.bootstrap_servers}"):
        try:
            yield TopicReader(consumer, topic, stop)
        finally:
            consumer.close()


class TopicReader:
    """The records of a topic's partitions, each partition in the order of its offsets."""

    def __init__(self, consumer: KafkaConsumer, topic: str, stop: StopSwitch) -> None:
        read_whole_batches(consumer)
        self._consumer = consumer
        self._topic = topic
        self._stop = stop
        self._held: dict[int, deque[FetchedRecord]] = {}
        self._starts: dict[int, int] = {}
        self._paused: set[int] = set()

    def fetch_bounds(self, partitions: int) -> tuple[dict[int, int], dict[int, int]]:
        """The first and the last stable offset of each partition."""
        numbers = range(partitions)
        return (
            fetch_begins(self._consumer, self._topic, numbers),
            fetch_ends(self._consumer, self._topic, numbers),
        )

    def begin(self, starts: Mapping[int, int]) -> None:
        """Read from these offsets on."""
        self._consumer.assign([TopicPartition(self._topic, number) for number in starts])
        for number, start in starts.items():
            self._consumer.seek(TopicPartition(self._topic, number), start)
        self._held = {number: deque() for number in starts}
        self._starts = dict(starts)

    def read_to(self, stops: Mapping[int, int]) -> Iterator[FoundRecord]:
        """The visible records below these offsets; the partitions' records come mixed.

        Raises
        ------
        KafkaUnavailableError
            When nothing arrives for :data:`ethlogs.stream.tail.READ_SECONDS`.
        """
        deadline = time.monotonic() + READ_SECONDS
        while True:
            for number, stop in stops.items():
                yield from self._take(number, stop)
            waiting = [number for number, stop in stops.items() if not self._is_at(number, stop)]
            if not waiting:
                return
            self._stop.check()
            if self._poll(waiting):
                deadline = time.monotonic() + READ_SECONDS
            elif time.monotonic() > deadline:
                raise KafkaUnavailableError(
                    f"reading {self._topic} stands still: nothing new in partition {waiting[0]} below offset"
                    f" {stops[waiting[0]]}",
                    hint=STANDS_STILL_HINT,
                )

    def _take(self, number: int, stop: int) -> Iterator[FoundRecord]:
        held = self._held[number]
        while held and held[0].offset < stop:
            yield FoundRecord(self._topic, number, *held.popleft())

    def _is_at(self, number: int, stop: int) -> bool:
        if self._held[number]:
            return True
        return bool(self._consumer.position(TopicPartition(self._topic, number)) >= stop)

    def _poll(self, waiting: list[int]) -> bool:
        """Ask Kafka once; whether it brought anything, be it only control records."""
        self._pause_all_but(waiting)
        take_up_resumed(self._consumer)
        before = {number: self._position(number) for number in waiting}
        for partition, batches in self._consumer.poll(timeout_ms=100).items():
            for batch in batches:
                self._hold(partition.partition, batch.value)
        return any(self._position(number) != before[number] for number in waiting)

    def _hold(self, number: int, records: list[FetchedRecord]) -> None:
        """Keep a batch's records, from the first one that is to be read."""
        start = self._starts[number]
        if records[0].offset < start:
            records = [record for record in records if record.offset >= start]
        self._held[number].extend(records)

    def _pause_all_but(self, waiting: list[int]) -> None:
        full = {
            number
            for number, held in self._held.items()
            if len(held) >= _HELD_RECORDS and number not in waiting
        }
        self._consumer.pause(*(TopicPartition(self._topic, number) for number in full - self._paused))
        self._consumer.resume(*(TopicPartition(self._topic, number) for number in self._paused - full))
        self._paused = full

    def _position(self, number: int) -> int:
        return int(self._consumer.position(TopicPartition(self._topic, number)))


@contextmanager
def open_rereader(settings: KafkaSettings, topic: str, stop: StopSwitch) -> Iterator[Rereader]:
    """A reader of single records; it connects when it is first asked."""
    rereader = Rereader(settings, topic, stop)
    try:
        yield rereader
    finally:
        rereader.close()


class Rereader:
    """Reads a record once more, for a message."""

    def __init__(self, settings: KafkaSettings, topic: str, stop: StopSwitch) -> None:
        self._settings = settings
        self._topic = topic
        self._stop = stop
        self._consumer: KafkaConsumer | None = None

    def __call__(self, partition: int, offset: int) -> FoundRecord:
        """The record at this place."""
        with mapped_errors("reading a record again"):
            if self._consumer is None:
                self._consumer = KafkaConsumer(**consumer_config(self._settings, "read_committed"))
            reader = TopicReader(self._consumer, self._topic, self._stop)
            reader.begin({partition: offset})
            return next(iter(reader.read_to({partition: offset + 1})))

    def close(self) -> None:
        """Close the connection, where there is one."""
        if self._consumer is not None:
            self._consumer.close()
