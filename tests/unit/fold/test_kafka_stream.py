"""Reading a stream's steps from Kafka: in which order, how far, and what is waited for.

The consumer is a fake, since no real broker holds a transaction's end back in one partition on request.
tests/integration/test_consumers.py reads real ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from kafka import TopicPartition

from ethlogs.errors import KafkaUnavailableError, LedgerError, TopicError
from ethlogs.fold import Position, kafka_stream
from ethlogs.fold.kafka_stream import open_stream
from ethlogs.settings import KafkaSettings
from tests.unit.fold.histories import History, Table


class FakeConsumer:
    """What of kafka-python's consumer is used, over the topics of a history."""

    def __init__(self, history: History, hidden: dict[int, int], topic_ids: dict[str, UUID]) -> None:
        self._rows: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
        for row in history.ledger:
            self._rows["logs.ledger", row.partition].append((row.offset, row.key, row.value))
        for number, rows in history.topic.items():
            self._rows["logs", number] += [(row.offset, b"", row.value) for row in rows]
        self._hidden = hidden
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._fetcher = SimpleNamespace(_next_partition_records=None)
        self._cluster = SimpleNamespace(topic_id=topic_ids.get)

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {number for name, number in list(self._rows) if name == topic}

    def beginning_offsets(self, partitions: list[TopicPartition], **_: Any) -> dict[TopicPartition, int]:
        return {p: min((row[0] for row in self._rows[p]), default=0) for p in partitions}

    def end_offsets(self, partitions: list[TopicPartition], **_: Any) -> dict[TopicPartition, int]:
        return {p: max((row[0] for row in self._rows[p]), default=-1) + 1 for p in partitions}

    def assign(self, partitions: list[TopicPartition]) -> None:
        self._positions = dict.fromkeys(partitions, 0)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._positions[partition] = offset

    def position(self, partition: TopicPartition) -> int:
        return self._positions[partition]

    def pause(self, *partitions: TopicPartition) -> None:
        self._paused |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._paused -= set(partitions)

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        """Give two records of each partition, as if each came in its own fetch."""
        found = {}
        for partition, position in self._positions.items():
            end = self._hidden.get(partition.partition, 1 << 62) if partition.topic == "logs" else 1 << 62
            rows = [row for row in self._rows[partition] if position <= row[0] < end][:2]
            if rows and partition not in self._paused:
                found[partition] = [
                    SimpleNamespace(
                        partition=partition.partition, offset=offset, key=key, value=value, timestamp=offset
                    )
                    for offset, key, value in rows
                ]
                self._positions[partition] = rows[-1][0] + 1
        return found

    def close(self) -> None:
        pass


@contextmanager
def stream_of(
    history: History,
    monkeypatch: pytest.MonkeyPatch,
    hidden: dict[int, int] | None = None,
    topic_ids: dict[str, UUID] | None = None,
) -> Iterator[kafka_stream.StreamReader]:
    ids = {} if topic_ids is None else topic_ids
    monkeypatch.setattr(kafka_stream, "_connect", lambda _: FakeConsumer(history, hidden or {}, ids))
    with open_stream("kafka:9092", "logs") as stream:
        yield stream


@pytest.fixture
def history() -> History:
    made = History(3, finality=8)
    for _ in range(40):
        made.act()
    return made


def test_the_steps_end_at_the_ledgers_end_with_the_whole_stream(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, position = Table(), Position()
    with stream_of(history, monkeypatch) as stream:
        for step in stream.steps(position):
            table.apply(step)
            position = step.position
    assert table.rows == history.live()
    with stream_of(history, monkeypatch) as stream:
        assert [step for step in stream.steps(position) if step.blocks] == []


def test_finalized_blocks_alone_are_never_removed(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    with stream_of(history, monkeypatch) as stream:
        for step in stream.steps(Position(), finalized_only=True):
            assert step.removed == []
            table.apply(step)
    final = [block for block in history.chain if block.number <= history.finalized]
    assert {hash_ for hash_, _ in table.rows} >= {block.hash for block in final if block.logs}
    assert table.rows <= history.live()


def test_a_block_that_is_not_visible_everywhere_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_stream, "READ_SECONDS", 0.0)
    history = History(1)
    history.grow(1, logs=5)
    with (
        stream_of(history, monkeypatch, hidden={1: 1}) as stream,
        pytest.raises(KafkaUnavailableError, match="reading logs-1 stopped at offset 1; the ledger names 1"),
    ):
        list(stream.steps(Position()))


def test_what_retention_has_deleted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(1)
    history.grow(2, logs=5)
    history.expire(0, 2)
    with stream_of(history, monkeypatch) as stream, pytest.raises(TopicError, match="block 100 "):
        list(stream.steps(Position()))


def test_a_topic_without_a_ledger_is_named(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_stream, "_connect", lambda _: FakeConsumer(history, {}, {}))
    with (
        pytest.raises(TopicError, match=r"there is no topic other\.ledger on kafka:9092"),
        open_stream("kafka:9092", "other"),
    ):
        pass


def test_a_position_behind_the_ledgers_end_is_refused(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        stream_of(history, monkeypatch) as stream,
        pytest.raises(LedgerError, match="the position is at offset 9999 of logs"),
    ):
        next(stream.steps(Position({0: 9999})))


def test_a_topic_that_was_created_again_is_noticed_at_the_start_and_while_it_is_followed(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {"logs.ledger": UUID(int=1)}
    with stream_of(history, monkeypatch, topic_ids=ids) as stream:
        steps = stream.steps(Position(), follow=True)
        position = next(steps).position
        assert position.ledger == str(UUID(int=1))
        ids["logs.ledger"] = UUID(int=2)
        with pytest.raises(LedgerError, match="the position is from a ledger with the topic id"):
            list(steps)
        with pytest.raises(LedgerError, match="the position is from a ledger with the topic id"):
            next(stream.steps(position))


def test_an_error_of_the_callers_own_work_is_not_kafkas(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OSError, match="no space left"), stream_of(history, monkeypatch) as stream:
        next(stream.steps(Position()))
        raise OSError("no space left")


def test_brokers_may_be_a_list_and_the_security_a_path_as_text(
    history: History, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "client.properties").write_text("security.protocol=PLAINTEXT")
    settings: list[KafkaSettings] = []

    def connect(given: KafkaSettings) -> FakeConsumer:
        settings.append(given)
        return FakeConsumer(history, {}, {})

    monkeypatch.setattr(kafka_stream, "_connect", connect)
    with open_stream(["kafka-1:9092", "kafka-2:9092"], "logs", str(tmp_path / "client.properties")) as stream:
        assert next(stream.steps(Position())).added
    assert settings[0].bootstrap_servers == "kafka-1:9092,kafka-2:9092"


@pytest.mark.parametrize("wrong", [None, '{"offsets":{}}', {}])
def test_a_position_that_is_still_text_is_refused_with_what_makes_one(
    history: History, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    with (
        stream_of(history, monkeypatch) as stream,
        pytest.raises(TypeError, match=r"Position\.from_json makes"),
    ):
        next(stream.steps(wrong))


def test_a_stream_that_was_closed_is_named_as_the_reason(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stream_of(history, monkeypatch) as stream:
        steps = stream.steps(Position())
        next(steps)
    for closed in (steps, stream.steps(Position())):
        with pytest.raises(RuntimeError, match="the stream is closed: read its steps inside"):
            next(closed)


def test_records_that_are_never_finalized_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_stream, "_MOST_WAITING", 3)
    history = History(1)
    history.grow(5)
    with stream_of(history, monkeypatch) as stream, pytest.raises(LedgerError, match="wait for a later one"):
        list(stream.steps(Position(), finalized_only=True))
