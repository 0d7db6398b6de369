"""A record of another program on the ledger stops a consumer only where it stops ethlogs' own readers."""

from __future__ import annotations

import logging

import pytest

from ethlogs.errors import LedgerError
from ethlogs.fold import Position
from tests.unit.fold.histories import History, Table
from tests.unit.fold.test_kafka_stream import stream_of


def fold(history: History, monkeypatch: pytest.MonkeyPatch) -> Table:
    table = Table()
    with stream_of(history, monkeypatch) as stream:
        for step in stream.steps(Position()):
            table.apply(step)
    return table


def add_stray(history: History, key: bytes | None, partition: int = 0) -> int:
    """Write a record as another program would; returns its offset."""
    return history._record(partition, key, b"a stray record")


def long_history() -> History:
    history = History(1)
    history.grow(5, logs=2)
    history.backfill(3, 1, logs=2)
    return history


@pytest.mark.parametrize("key", [b"102", b"7", b"claim", b"hello", None])
@pytest.mark.parametrize("partition", [0, 1])
def test_a_record_that_later_blocks_follow_is_ignored_with_a_warning(
    key: bytes | None, partition: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    history = long_history()
    offset = add_stray(history, key, partition)
    history.grow(20, logs=2)
    for height in range(10, 30):
        history.backfill(height, 1, logs=2)
    with caplog.at_level(logging.WARNING):
        table = fold(history, monkeypatch)
    assert table.rows == history.live()
    if key != b"claim":
        assert f"record {offset} of the ledger's partition {partition}" in caplog.text


def test_a_record_with_another_key_is_ignored_also_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    history = long_history()
    add_stray(history, b"hello")
    assert fold(history, monkeypatch).rows == history.live()


@pytest.mark.parametrize("key", [b"104", b"105"])
def test_a_record_that_may_hide_the_newest_block_stops_a_consumer(
    key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = long_history()
    add_stray(history, key)
    with pytest.raises(LedgerError, match=r"record \d+ of logs\.ledger-0 is not a record that ethlogs wrote"):
        fold(history, monkeypatch)
