"""The end of a ledger, with a record in it that is not one of a ledger.

The consumer is a fake: a real one needs a broker, and what matters here is what is made of its records.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import pytest
from kafka import KafkaConsumer, TopicPartition

from ethlogs.errors import LedgerError
from ethlogs.ledger import CLAIM_KEY
from ethlogs.stream.tail import _find_last, read_end
from tests.unit.samples import BLOCK, CLAIM

PARTITION = TopicPartition("logs.ledger", 0)


@dataclass(frozen=True)
class FakeRecord:
    """One record."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = 0


class FakeConsumer:
    """Reads a list."""

    def __init__(self, records: list[FakeRecord]) -> None:
        self._records = records
        self._position = 0

    def assign(self, _partitions: list[TopicPartition]) -> None:
        """Every read is of one partition."""

    def seek(self, _partition: TopicPartition, offset: int) -> None:
        self._position = offset

    def position(self, _partition: TopicPartition) -> int:
        return self._position

    def poll(self, **_given: Any) -> dict[TopicPartition, list[FakeRecord]]:
        found = [record for record in self._records if record.offset >= self._position]
        self._position = self._records[-1].offset + 1
        return {PARTITION: found}


def find_last(*stray: tuple[bytes | None, bytes | None]) -> Any:
    pairs = [(CLAIM_KEY, CLAIM.encode()), (BLOCK.key, BLOCK.encode()), *stray]
    records = [
        FakeRecord(offset, key, value, 1_760_000_000_500 + offset)
        for offset, (key, value) in enumerate(pairs)
    ]
    return _find_last(cast(KafkaConsumer, FakeConsumer(records)), PARTITION, 0, len(records))


@pytest.mark.parametrize("key", [None, b"", b"hello", b"claims", b"-1", b"\xef\xbc\x91"])
def test_a_record_that_takes_no_blocks_place_is_named_and_ignored(
    key: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        tip, newest, _ = find_last((key, b"a stray record"))
    assert tip == BLOCK
    assert newest.claim == CLAIM
    assert f"record 2 of logs.ledger-0 with the key {key!r} is ignored" in caplog.text


@pytest.mark.parametrize("key", [b"100", b"101", CLAIM_KEY])
def test_a_record_that_hides_a_block_or_the_claim_is_refused_by_name_with_a_way_out(key: bytes) -> None:
    with pytest.raises(LedgerError, match=r"record 2 of logs\.ledger-0 is not a record") as caught:
        find_last((key, b"a stray record"))
    assert "begin a new stream with another --topic" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("key", "repair"),
    [(b"100", BLOCK.encode()), (b"101", None), (CLAIM_KEY, CLAIM.encode())],
    ids=["the tip, written again", "no block, with a tombstone", "the claim, written again"],
)
def test_a_record_that_is_written_over_is_not_looked_at_any_more(key: bytes, repair: bytes | None) -> None:
    tip, newest, _ = find_last((key, b"a stray record"), (key, repair))
    assert (tip, newest.claim) == (BLOCK, CLAIM)


def test_a_record_is_written_over_also_where_many_lie_between() -> None:
    between = [(b"not a ledger's", b"")] * 20
    tip, _, _ = find_last((b"100", b"a stray record"), *between, (b"100", BLOCK.encode()))
    assert tip == BLOCK
    with pytest.raises(LedgerError, match="record 2 of"):
        find_last((b"100", b"a stray record"), *between)


def test_a_record_in_the_place_of_a_block_below_the_tip_is_named_and_ignored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tip = msgspec.structs.replace(BLOCK, ranges=((90, 100),))
    with caplog.at_level(logging.WARNING):
        found = find_last((tip.key, tip.encode()), (b"95", b"a stray record"))
    assert found[0] == tip
    assert "record 3 of logs.ledger-0 is not a record that ethlogs wrote" in caplog.text
    with pytest.raises(LedgerError, match="record 3 of"):
        find_last((tip.key, tip.encode()), (b"89", b"a stray record"))


def test_the_time_of_the_newest_record_is_known_whatever_it_is() -> None:
    tip, newest, committed_at = find_last((CLAIM_KEY, CLAIM.encode()))
    assert (tip, newest.offset, committed_at) == (BLOCK, 2, 1_760_000_000.502)


def test_a_claim_that_was_deleted_is_named_with_where_to_continue() -> None:
    consumer = FakeConsumer([FakeRecord(9, BLOCK.key, BLOCK.encode())])
    deleted = r"names record 7 of logs\.ledger-0 as its claim, which was deleted"
    with pytest.raises(LedgerError, match=deleted) as caught:
        read_end(cast(KafkaConsumer, consumer), PARTITION, 8, 10, stable=True)
    assert "--start 101" in str(caught.value.hint)


def test_a_claim_behind_the_end_is_not_waited_for() -> None:
    tip = msgspec.structs.replace(BLOCK, claim=10**15)
    consumer = FakeConsumer([FakeRecord(9, tip.key, tip.encode())])
    with pytest.raises(LedgerError, match="there is none"):
        read_end(cast(KafkaConsumer, consumer), PARTITION, 0, 10, stable=True)


@pytest.mark.parametrize("key", [b"007", b"00", b"9" * 5000])
def test_another_spelling_of_a_height_takes_no_blocks_place(key: bytes) -> None:
    for value in (b"a stray record", None):
        tip, newest, _ = find_last((key, value))
        assert (tip, newest.claim) == (BLOCK, CLAIM)
