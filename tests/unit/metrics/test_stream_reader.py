"""What is asked of Kafka from look to look, which a real broker does not tell.

The consumers are fakes that count; tests/integration/test_exporter.py reads real ledgers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import TopicPartition

from ethlogs.errors import TopicError
from ethlogs.metrics import stream_reader
from ethlogs.metrics.stream_reader import StreamReader
from ethlogs.metrics.stream_state import StreamState
from ethlogs.settings import KafkaSettings, StreamSettings
from ethlogs.stream.tail import Tail

PARTITIONS = 3
TOPICS = ("a", "b")


class FakeKafka:
    """Two ledgers whose partitions end at 10 unless a test moves them."""

    def __init__(self) -> None:
        self.ends: dict[TopicPartition, int] = {}
        self.stable: dict[TopicPartition, int] = {}
        """Where an open transaction begins."""
        self.gone: set[str] = set()
        self.connections = 0
        self.assigned: list[list[TopicPartition]] = []
        self.asked: list[TopicPartition] = []
        """Partitions whose end for readers of committed records was asked for."""
        self.read: list[TopicPartition] = []

    def end(self, partition: TopicPartition) -> int:
        return self.ends.get(partition, 10)


class FakeConsumer:
    def __init__(self, kafka: FakeKafka, *, committed: bool) -> None:
        self._kafka = kafka
        self._committed = committed

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return None if topic in self._kafka.gone else set(range(PARTITIONS))

    def assign(self, partitions: list[TopicPartition]) -> None:
        if partitions:
            self._kafka.assigned.append(partitions)

    def end_offsets(self, partitions: list[TopicPartition], timeout_ms: int) -> dict[TopicPartition, int]:
        if not self._committed:
            return {one: self._kafka.end(one) for one in partitions}
        self._kafka.asked += partitions
        return {one: self._kafka.stable.get(one, self._kafka.end(one)) for one in partitions}

    def beginning_offsets(
        self, partitions: list[TopicPartition], timeout_ms: int
    ) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    fake = FakeKafka()

    @contextlib.contextmanager
    def open_consumer(
        _settings: KafkaSettings, isolation_level: str = "read_committed"
    ) -> Iterator[FakeConsumer]:
        fake.connections += 1
        yield FakeConsumer(fake, committed=isolation_level == "read_committed")

    def read_end(_consumer: Any, partition: TopicPartition, _begin: int, end: int, *, stable: bool) -> Tail:
        fake.read.append(partition)
        return Tail(None, None, end, stable)

    monkeypatch.setattr(stream_reader, "open_consumer", open_consumer)
    monkeypatch.setattr(stream_reader, "read_end", read_end)
    return fake


@pytest.fixture
def reader(kafka: FakeKafka) -> StreamReader:
    """A reader after its first look."""
    streams = tuple(StreamSettings(topic) for topic in TOPICS)
    found = StreamReader(KafkaSettings("kafka:9092"), streams)
    found.look()
    assert len(kafka.read) == len(kafka.asked) == len(TOPICS) * PARTITIONS
    kafka.read.clear()
    kafka.asked.clear()
    return found


def is_open(reader: StreamReader, topic: str) -> bool:
    state = reader.look()[topic]
    assert isinstance(state, StreamState)
    return not all(tail.stable for tail in state.ends.tails.values())


def test_what_stands_still_is_neither_asked_about_nor_read_again(
    kafka: FakeKafka, reader: StreamReader
) -> None:
    assert not is_open(reader, "a")
    assert (kafka.asked, kafka.read, kafka.connections) == ([], [], 2)


def test_what_has_moved_is_read_and_nothing_else(kafka: FakeKafka, reader: StreamReader) -> None:
    moved = TopicPartition("b.ledger", 0)
    kafka.ends[moved] = 12
    assert not is_open(reader, "b")
    assert (kafka.asked, kafka.read) == ([moved], [moved])


def test_an_open_transaction_is_seen_until_it_ends(kafka: FakeKafka, reader: StreamReader) -> None:
    held = TopicPartition("a.ledger", 1)
    kafka.ends[held], kafka.stable[held] = 12, 10
    assert is_open(reader, "a")
    assert is_open(reader, "a")
    assert (kafka.asked, kafka.read) == ([held, held], [])
    del kafka.stable[held]
    assert not is_open(reader, "a")
    assert kafka.read == [held]


def test_the_metadata_of_all_ledgers_is_kept_from_the_first_look_on(
    kafka: FakeKafka, reader: StreamReader
) -> None:
    reader.look()
    assert [len(partitions) for partitions in kafka.assigned] == [len(TOPICS) * PARTITIONS]


def test_a_ledger_that_was_deleted_is_no_longer_asked_for(kafka: FakeKafka, reader: StreamReader) -> None:
    kafka.gone.add("a.ledger")
    looks = reader.look()
    assert isinstance(looks["a"], TopicError)
    assert isinstance(looks["b"], StreamState)
    assert kafka.connections == 4
    assert {partition.topic for partition in kafka.assigned[-1]} == {"b.ledger"}
