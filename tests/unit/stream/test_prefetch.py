"""Fetching ahead: in order, bounded, and left behind when nobody wants it any more."""

from __future__ import annotations

import threading
import time

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.stream import prefetch
from ethlogs.stream.block import PreparedBlock
from ethlogs.stream.prefetch import Prefetcher

PATIENCE_SECONDS = 10.0


def prepared(height: int, size_bytes: int = 1) -> PreparedBlock:
    return PreparedBlock(height, f"0x{height:x}", f"0x{height - 1:x}", 0, 0, 0, "receipts", [], size_bytes)


def take_all(prefetcher: Prefetcher, count: int) -> list[int]:
    blocks = [prefetcher.take(PATIENCE_SECONDS) for _ in range(count)]
    return [block.number for block in blocks if block is not None]


def test_blocks_come_in_order_though_later_ones_are_ready_first() -> None:
    later = threading.Event()

    def prepare(height: int) -> PreparedBlock:
        if height == 11:
            assert later.wait(PATIENCE_SECONDS)
        if height == 13:
            later.set()
        return prepared(height)

    with Prefetcher(prepare, 10) as prefetcher:
        prefetcher.extend(29)
        assert take_all(prefetcher, 20) == list(range(10, 30))


def test_nothing_above_the_limit_is_fetched() -> None:
    asked = []

    def prepare(height: int) -> PreparedBlock:
        asked.append(height)
        return prepared(height)

    with Prefetcher(prepare, 10) as prefetcher:
        assert prefetcher.take(0) is None
        prefetcher.extend(11)
        prefetcher.extend(5)
        assert take_all(prefetcher, 2) == [10, 11]
        assert prefetcher.take(0) is None
    assert sorted(asked) == [10, 11]


def test_a_block_that_is_not_ready_in_time_is_none_and_comes_later() -> None:
    ready = threading.Event()

    def prepare(height: int) -> PreparedBlock:
        assert ready.wait(PATIENCE_SECONDS)
        return prepared(height)

    with Prefetcher(prepare, 10) as prefetcher:
        prefetcher.extend(10)
        assert prefetcher.take(0.01) is None
        ready.set()
        assert take_all(prefetcher, 1) == [10]


@pytest.mark.parametrize("error", [UnprovenError("block 12 is wrong"), TimeoutError("block 12 is slow")])
def test_an_error_comes_after_the_blocks_before_it(error: Exception) -> None:
    def prepare(height: int) -> PreparedBlock:
        if height == 12:
            raise error
        return prepared(height)

    with Prefetcher(prepare, 10) as prefetcher:
        prefetcher.extend(20)
        assert take_all(prefetcher, 2) == [10, 11]
        with pytest.raises(type(error), match="block 12"):
            prefetcher.take(PATIENCE_SECONDS)


def test_blocks_that_nobody_takes_are_bounded_in_bytes() -> None:
    asked = []

    def prepare(height: int) -> PreparedBlock:
        asked.append(height)
        return prepared(height, prefetch.HELD_BYTES // 2)

    with Prefetcher(prepare, 0) as prefetcher:
        for _ in range(100):
            prefetcher.extend(10_000)
            time.sleep(0.001)
        # One block may be held when the last workers begin.
        assert len(asked) <= 1 + prefetch.WORKERS
        assert take_all(prefetcher, 20) == list(range(20))


def test_leaving_does_not_wait_for_what_is_under_way() -> None:
    ready, finished = threading.Event(), threading.Event()

    def prepare(height: int) -> PreparedBlock:
        ready.wait(PATIENCE_SECONDS)
        finished.set()
        return prepared(height)

    with Prefetcher(prepare, 0) as prefetcher:
        prefetcher.extend(100)
    assert not finished.is_set()
    ready.set()


def test_nothing_more_is_fetched_after_leaving() -> None:
    asked = []

    def prepare(height: int) -> PreparedBlock:
        asked.append(height)
        return prepared(height)

    with Prefetcher(prepare, 0) as prefetcher:
        prefetcher.extend(0)
        assert take_all(prefetcher, 1) == [0]
    prefetcher.extend(9)
    assert prefetcher.take(0) is None
    assert asked == [0]


def test_blocks_without_event_logs_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "HELD_BYTES", 10 * prepared(0, size_bytes=0).held_bytes)
    asked = []

    def prepare(height: int) -> PreparedBlock:
        asked.append(height)
        return prepared(height, size_bytes=0)

    with Prefetcher(prepare, 0) as prefetcher:
        for _ in range(100):
            prefetcher.extend(10_000)
            time.sleep(0.001)
        assert len(asked) <= 10 + prefetch.WORKERS
        assert take_all(prefetcher, 50) == list(range(50))
