"""What is read to retract blocks: each partition once, from the first to the last offset."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from msgspec.structs import replace

from ethlogs.errors import LedgerError
from ethlogs.event_log import Record
from ethlogs.settings import KafkaSettings
from ethlogs.stream import read_back
from ethlogs.stream.read_back import FoundLogs, read_event_logs, spans_by_partition
from tests.unit.samples import BLOCK

UPPER = replace(BLOCK, block_number=8, block_hash="0x8", produced=2, offsets={0: (10, 10), 1: (4, 4)})
LOWER = replace(BLOCK, block_number=7, block_hash="0x7", produced=1, offsets={0: (5, 9)})


def row(partition: int, offset: int, value: bytes | None) -> ConsumerRecord:
    """A fake, since kafka-python's has fourteen fields more."""
    return cast(ConsumerRecord, SimpleNamespace(partition=partition, offset=offset, key=b"key", value=value))


def event_log(block_hash: str, index: int, *, removed: bool = False, **more: Any) -> bytes:
    return json.dumps({"blockHash": block_hash, "logIndex": index, "removed": removed, **more}).encode()


def test_blocks_without_event_logs_ask_for_nothing() -> None:
    assert spans_by_partition([replace(BLOCK, produced=0)]) == {}


def test_each_partition_is_read_once_for_all_blocks() -> None:
    assert spans_by_partition([UPPER, LOWER]) == {0: [(10, 10), (5, 9)], 1: [(4, 4)]}


def test_one_consumer_reads_all_blocks_of_a_reorg(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs a connection, and behind TLS far away some of them a second each."""
    opened: list[object] = []

    @contextlib.contextmanager
    def open_consumer(_settings: KafkaSettings) -> Iterator[Any]:
        opened.append(consumer := SimpleNamespace(assign=lambda _partitions: None))
        yield consumer

    def read_range(_consumer: object, partition: TopicPartition, first: int, _stop: int) -> list[Any]:
        height = first // 10_000
        return [row(partition.partition, first, event_log(f"0x{height}", 0))]

    monkeypatch.setattr(read_back, "open_consumer", open_consumer)
    monkeypatch.setattr(read_back, "read_range", read_range)
    blocks = [
        replace(
            BLOCK, block_number=height, block_hash=f"0x{height}", logs=1, produced=1, offsets={0: (at, at)}
        )
        for height in range(128)
        for at in [height * 10_000]
    ]
    assert {len(logs) for logs in read_event_logs(KafkaSettings("kafka:9092"), "logs", blocks).values()} == {
        1
    }
    assert len(opened) == 1


def test_event_logs_come_by_block_in_the_order_of_their_index() -> None:
    found = FoundLogs([UPPER, LOWER])
    for partition, offset, value in (
        (0, 5, event_log("0x7", 0)),
        (0, 10, event_log("0x8", 1)),
        (1, 4, event_log("0x8", 0)),
    ):
        found.take(row(partition, offset, value))
    assert found.logs_of(LOWER, "logs") == [Record(b"key", event_log("0x7", 0))]
    assert found.logs_of(UPPER, "logs") == [
        Record(b"key", event_log("0x8", 0)),
        Record(b"key", event_log("0x8", 1)),
    ]


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        pytest.param(4, event_log("0x7", 0), id="an earlier life of the block"),
        pytest.param(6, event_log("0x7", 0, removed=True), id="its retraction"),
        pytest.param(6, event_log("0xother", 0), id="another block's event log"),
        pytest.param(6, b"what?", id="another program's record"),
        pytest.param(6, b"\xff\xfe", id="one that is not UTF-8"),
        pytest.param(6, b'{"a":' + b"[" * 100_000, id="one of any depth"),
        pytest.param(6, b'{"blockHash":[],"logIndex":{},"removed":7}', id="one of other types"),
        pytest.param(6, None, id="a tombstone"),
    ],
)
def test_other_records_between_the_offsets_are_left_out(offset: int, value: bytes | None) -> None:
    found = FoundLogs([LOWER])
    found.take(row(0, offset, value))
    with pytest.raises(LedgerError, match="0 of them are at the offsets that it names"):
        found.logs_of(LOWER, "logs")
    found.take(row(0, 7, event_log("0x7", 0)))
    assert len(found.logs_of(LOWER, "logs")) == 1


@pytest.mark.parametrize("key", [None, b"", b"hello", b"007", b"9" * 5000])
def test_a_record_that_takes_no_blocks_place_does_not_end_a_walk_back(
    monkeypatch: pytest.MonkeyPatch, key: bytes | None
) -> None:
    """As at the end of the ledger: a reorg must not be harder than the start of a run."""
    rows = [
        SimpleNamespace(offset=0, key=LOWER.key, value=LOWER.encode()),
        SimpleNamespace(offset=1, key=key, value=b"a stray record"),
        SimpleNamespace(offset=2, key=UPPER.key, value=UPPER.encode()),
    ]
    consumer = SimpleNamespace(assign=lambda _partitions: None)
    monkeypatch.setattr(read_back, "open_consumer", lambda _settings: contextlib.nullcontext(consumer))
    monkeypatch.setattr(read_back, "fetch_begin", lambda *_: 0)
    monkeypatch.setattr(read_back, "fetch_end", lambda *_: 3)
    monkeypatch.setattr(read_back, "read_range", lambda *_: iter(rows))
    walked = read_back.walk_back(KafkaSettings("kafka:9092"), "logs.ledger")
    assert [block.block_number for block in walked] == [8, 7]
