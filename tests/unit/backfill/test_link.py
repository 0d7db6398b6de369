"""Headers are linked before anything is committed.

The source of headers is a fake: a node cannot be made to serve a chain whose hashes do not agree.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ethlogs.backfill.link import LinkedHull, walk_segment
from ethlogs.backfill.plan import Hull
from ethlogs.errors import BrokenChainError


def hash_of(height: int, branch: int = 0) -> str:
    return f"0x{branch:032x}{height:032x}"


class FakeHeaders:
    """Headers of a chain; from a height on they are those of another branch, which does not fit."""

    def __init__(self, broken_at: int | None = None) -> None:
        self._broken_at = broken_at

    def fetch_header(self, height: int) -> Any:
        branch = int(self._broken_at is not None and height >= self._broken_at)
        return SimpleNamespace(
            number=height, hash=hash_of(height, branch), parent_hash=hash_of(height - 1, branch)
        )


def walk(first: int, last: int, broken_at: int | None = None) -> Any:
    return walk_segment(cast(Any, FakeHeaders(broken_at)), first, last, 3)


def link(*segments: Any, first: int = 10, last: int = 29) -> LinkedHull:
    linked = LinkedHull(Hull(first, last, ((10, 19), (20, 29))))
    for segment in segments:
        linked.add(segment)
    return linked


def as_bytes(height: int, branch: int = 0) -> bytes:
    return bytes.fromhex(hash_of(height, branch)[2:])


def test_a_chain_that_closes_gives_the_hash_of_each_height() -> None:
    linked = link(walk(20, 29), walk(10, 19))
    linked.close_chain({9: as_bytes(9), 15: as_bytes(15)}, as_bytes(29))
    assert [linked.hash_of(height) for height in (10, 19, 20, 29)] == [
        as_bytes(height) for height in (10, 19, 20, 29)
    ]
    assert linked.parent == as_bytes(9)


def test_a_segment_ends_early_where_its_time_is_over_and_the_rest_joins_it() -> None:
    short = walk_segment(cast(Any, FakeHeaders()), 10, 99, 1, limit_seconds=0.0)
    assert (short.first, short.last) == (10, 25)
    linked = link(short, walk(26, 29))
    linked.close_chain({9: as_bytes(9)}, as_bytes(29))
    assert [linked.hash_of(height) for height in (25, 26)] == [as_bytes(25), as_bytes(26)]


def test_a_segment_that_does_not_close_is_named_with_its_height() -> None:
    with pytest.raises(BrokenChainError, match="is broken at block 15: block 14 is 0x") as caught:
        walk(10, 19, broken_at=15)
    assert caught.value.exit_status == 6


@pytest.mark.parametrize(
    ("known", "child", "height"),
    [
        ({9: as_bytes(9, 1)}, None, 10),
        ({}, as_bytes(29, 1), 30),
        ({15: as_bytes(15, 1)}, None, 16),
    ],
    ids=["below", "above", "within"],
)
def test_a_chain_that_does_not_fit_the_ledger_is_refused(
    known: dict[int, bytes], child: bytes | None, height: int
) -> None:
    linked = link(walk(10, 19), walk(20, 29))
    with pytest.raises(BrokenChainError, match=f"is broken at block {height}:"):
        linked.close_chain(known, child)


def test_segments_of_two_branches_do_not_join() -> None:
    linked = link(walk(10, 19), walk(20, 29, broken_at=0))
    with pytest.raises(BrokenChainError, match="is broken at block 20:"):
        linked.close_chain({}, None)
