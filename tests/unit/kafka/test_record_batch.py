"""A batch read all at once has what kafka-python reads of it record by record."""

from __future__ import annotations

import random

import pytest
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from ethlogs.kafka.record_batch import read_records

HEADER_BYTES = DefaultRecordBatch.HEADER_STRUCT.size
BASE_OFFSET = 1_000


Row = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def build_batch(*records: Row) -> bytes:
    """One that is not compressed, and whose records are at most an hour apart."""
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 24)
    for offset, (key, value, headers) in enumerate(records):
        builder.append(offset, 1_700_000_000_000 + offset * 7_919 % 3_600_000, key, value, headers)
    return bytes(builder.build())


def read_by_the_library(batch: bytes) -> list[tuple[int, bytes | None, bytes | None]]:
    return [(BASE_OFFSET + each.offset, each.key, each.value) for each in DefaultRecordBatch(batch)]


@pytest.mark.parametrize(
    "size", [0, 1, 62, 63, 64, 65, 127, 128, 8_191, 8_192, 16_383, 16_384, 1_048_575, 1_048_576]
)
def test_keys_and_values_of_any_size_are_read(size: int) -> None:
    chance = random.Random(size)  # noqa: S311 - no secret
    batch = build_batch(
        (b"key", chance.randbytes(size), []),
        (chance.randbytes(size), b"", []),
        (None, chance.randbytes(size), []),
        (b"tombstone", None, []),
        (b"last", b"value", []),
    )
    assert read_records(batch, HEADER_BYTES, 5, BASE_OFFSET) == read_by_the_library(batch)


def test_offsets_and_times_of_many_records_are_read() -> None:
    row: Row = (b"key", b"value", [])
    batch = build_batch(*[row] * 20_000)
    assert read_records(batch, HEADER_BYTES, 20_000, BASE_OFFSET) == read_by_the_library(batch)


@pytest.mark.parametrize("count", [1, 63, 64, 200])
def test_headers_are_skipped(count: int) -> None:
    headers = [("name" * count, None if number % 3 else b"v" * number) for number in range(count)]
    batch = build_batch((b"key", b"value", headers), (b"next", b"record", []))
    assert read_records(batch, HEADER_BYTES, 2, BASE_OFFSET) == read_by_the_library(batch)


def test_a_batch_that_compaction_has_emptied_has_no_records() -> None:
    assert read_records(b"", 0, 0, BASE_OFFSET) == []


def test_a_batch_with_a_byte_too_many_or_too_few_is_refused() -> None:
    row: Row = (b"key", b"value" * 20, [("a", b"b")])
    batch = build_batch(row, row, row)
    with pytest.raises(ValueError, match="behind the last record"):
        read_records(batch + b"0", HEADER_BYTES, 3, BASE_OFFSET)
    for size in range(HEADER_BYTES, len(batch)):
        with pytest.raises((ValueError, IndexError)):
            read_records(batch[:size], HEADER_BYTES, 3, BASE_OFFSET)


def test_a_record_that_does_not_end_where_it_says_is_refused() -> None:
    batch = bytearray(build_batch((b"key", b"value", []), (b"key", b"value", [])))
    batch[HEADER_BYTES] += 2
    with pytest.raises(ValueError, match="a record ends at byte"):
        read_records(bytes(batch), HEADER_BYTES, 2, BASE_OFFSET)
