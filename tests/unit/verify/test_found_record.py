"""A record of the event-log topic, and what it says it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ethlogs.verify.differences import Kind
from ethlogs.verify.found_record import FoundRecord

LOG: dict[str, Any] = {
    "chainId": 1, "address": "0xA0", "topics": [], "data": "0x", "blockNumber": 7, "blockHash": "0xb7",
    "blockTimestamp": 1, "transactionHash": "0xt", "transactionIndex": 0, "logIndex": 3, "removed": False,
}  # fmt: skip


def record(value: bytes | None, key: bytes = b"0xa0") -> FoundRecord:
    return FoundRecord("logs", 2, 9, key, value)


def encode(**changes: Any) -> bytes:
    return json.dumps({**LOG, **changes}, separators=(",", ":")).encode()


def test_an_event_log_has_its_block_and_its_place() -> None:
    found = record(encode())
    assert found.identity == (7, "0xb7", 3)
    assert not found.is_retraction
    assert record(encode(removed=True)).is_retraction


@pytest.mark.parametrize(
    "value",
    [None, b"", b"hello", b"[]", encode(logIndex="3"), encode(removed=0), encode(blockNumber=-1)],
    ids=["tombstone", "empty", "text", "list", "a text for a number", "a number for a flag", "below 0"],
)
def test_what_is_not_of_the_public_contract_is_not_an_event_log(value: bytes | None) -> None:
    assert record(value).log is None
    assert not record(value).is_retraction


def test_an_event_log_and_its_retraction_have_the_same_digest() -> None:
    assert record(encode()).digest() == record(encode(removed=True)).digest()
    assert record(encode()).digest() != record(encode(data="0x01")).digest()
    assert record(encode()).digest() != record(encode(), key=b"0xa1").digest()


def test_a_difference_at_a_record_names_its_place_and_its_block() -> None:
    found = record(encode()).differs(Kind.EXTRA_LOG, "the block has no such log")
    assert (found.topic, found.partition, found.offset) == ("logs", 2, 9)
    assert (found.block, found.block_hash, found.log_index) == (7, "0xb7", 3)
    foreign = record(b"hello").differs(Kind.FOREIGN, "not an event log", block=8)
    assert (foreign.block, foreign.block_hash) == (8, None)
