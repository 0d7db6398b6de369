"""Event logs of the newest blocks, for a retraction that needs no reading back."""

from __future__ import annotations

import pytest

from ethlogs.event_log import Record
from ethlogs.follow.recent import RecentLogs
from ethlogs.stream.block import PreparedBlock

KEPT_BYTES = 100_000
"""Room for two blocks of 40,000 bytes."""


def block(name: str, size_bytes: int = 40_000) -> PreparedBlock:
    records = [Record(name.encode(), b"x" * size_bytes)] if size_bytes else []
    return PreparedBlock(8, name, "0xparent", 0, 1, len(records), "receipts", records, size_bytes)


@pytest.fixture
def recent() -> RecentLogs:
    return RecentLogs(KEPT_BYTES)


def test_a_block_is_found_by_its_hash(recent: RecentLogs) -> None:
    recent.keep(block("0xa", 1))
    assert recent.find("0xa") == [Record(b"0xa", b"x")]
    assert recent.find("0xb") is None


def test_the_oldest_is_dropped_where_the_bound_is_reached(recent: RecentLogs) -> None:
    for name in ("0xa", "0xb", "0xc"):
        recent.keep(block(name))
    assert [recent.find(name) is not None for name in ("0xa", "0xb", "0xc")] == [False, True, True]


def test_blocks_without_a_record_are_dropped_too(recent: RecentLogs) -> None:
    names = [f"0x{number:x}" for number in range(1_000)]
    for name in names:
        recent.keep(block(name, 0))
    found = [name for name in names if recent.find(name) is not None]
    assert 10 < len(found) < 30
    assert found == names[-len(found) :]


def test_many_small_records_count_with_what_each_takes(recent: RecentLogs) -> None:
    small = [Record(b"k", b"v")] * 400
    for name in ("0xa", "0xb"):
        recent.keep(block(name)._replace(records=small, size_bytes=400))
    assert recent.find("0xa") is None


def test_a_block_that_is_larger_than_the_bound_is_not_kept(recent: RecentLogs) -> None:
    recent.keep(block("0xa", KEPT_BYTES))
    assert recent.find("0xa") is None
    recent.keep(block("0xb"))
    assert recent.find("0xb") is not None


def test_a_block_that_is_kept_again_counts_once(recent: RecentLogs) -> None:
    for name in ("0xa", "0xb", "0xb", "0xb"):
        recent.keep(block(name))
    assert recent.find("0xa") is not None
