"""Event logs of the newest blocks, for a retraction that needs no reading back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from ethlogs.event_log import Record
from ethlogs.follow.recent import RecentLogs


def block(name: str, size_bytes: int = 10) -> Any:
    return cast(Any, SimpleNamespace(hash=name, size_bytes=size_bytes, records=[Record(name.encode(), b"")]))


def test_a_block_is_found_by_its_hash() -> None:
    recent = RecentLogs()
    recent.keep(block("0xa"))
    assert recent.find("0xa") == [Record(b"0xa", b"")]
    assert recent.find("0xb") is None


def test_the_oldest_is_dropped_where_the_bound_is_reached() -> None:
    recent = RecentLogs(kept_bytes=25)
    for name in ("0xa", "0xb", "0xc"):
        recent.keep(block(name))
    assert [recent.find(name) is not None for name in ("0xa", "0xb", "0xc")] == [False, True, True]


def test_a_block_that_is_larger_than_the_bound_is_not_kept() -> None:
    recent = RecentLogs(kept_bytes=25)
    recent.keep(block("0xa", 26))
    assert recent.find("0xa") is None
    recent.keep(block("0xb"))
    assert recent.find("0xb") is not None


def test_a_block_that_is_kept_again_counts_once() -> None:
    recent = RecentLogs(kept_bytes=25)
    for name in ("0xa", "0xb", "0xb", "0xb"):
        recent.keep(block(name))
    assert recent.find("0xa") is not None
