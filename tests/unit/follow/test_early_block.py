"""The next block, fetched while the head is looked at: at most one, and only for its height."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ethlogs.errors import BlockNotFoundError
from ethlogs.follow import early_block
from ethlogs.follow.early_block import EarlyBlock
from ethlogs.stream.block import PreparedBlock


def block_of(height: int) -> PreparedBlock:
    return PreparedBlock(height, f"0x{height}", "0x", 0, 0, 0, "block", [], 0)


@contextmanager
def slow(fetch: Callable[[int], PreparedBlock] = block_of) -> Iterator[tuple[EarlyBlock, threading.Event]]:
    """An early block that is there once the event is set."""
    answers = threading.Event()

    def wait(height: int) -> PreparedBlock:
        answers.wait()
        return fetch(height)

    with EarlyBlock(wait) as early:
        try:
            yield early, answers
        finally:
            answers.set()


def test_a_block_is_taken_once() -> None:
    with EarlyBlock(block_of) as early:
        early.begin(7)
        assert early.take(7) == block_of(7)
        assert early.take(7) is None


def test_a_block_that_is_still_under_way_is_waited_for() -> None:
    with slow() as (early, answers):
        early.begin(7)
        threading.Timer(0.05, answers.set).start()
        assert early.take(7) == block_of(7)


@pytest.mark.parametrize("height", [6, 8])
def test_a_block_of_another_height_is_none(height: int) -> None:
    with EarlyBlock(block_of) as early:
        assert early.take(height) is None
        early.begin(7)
        assert early.take(height) is None


def test_a_block_that_was_dropped_is_not_used() -> None:
    with EarlyBlock(block_of) as early:
        early.begin(7)
        early.drop()
        assert early.take(7) is None


def test_a_block_that_the_look_took_too_long_for_is_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that waited for a node, or asked another one, may be about another block of this height."""
    fetched = threading.Event()

    def fetch(height: int) -> PreparedBlock:
        fetched.set()
        return block_of(height)

    with EarlyBlock(fetch) as early:
        early.begin(7)
        assert fetched.wait(10)
        monkeypatch.setattr(early_block, "LONGEST_SECONDS", 0.0)
        assert early.take(7) is None


def test_a_block_that_cannot_be_had_so_early_is_left_to_the_ordinary_way() -> None:
    def fetch(_height: int) -> PreparedBlock:
        raise BlockNotFoundError("not yet")

    with EarlyBlock(fetch) as early:
        early.begin(7)
        assert early.take(7) is None


def test_a_defect_is_not_hidden() -> None:
    def fetch(_height: int) -> PreparedBlock:
        raise ZeroDivisionError

    with EarlyBlock(fetch) as early:
        early.begin(7)
        with pytest.raises(ZeroDivisionError):
            early.take(7)


def test_a_node_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_block, "LONGEST_SECONDS", 0.01)
    with slow() as (early, answers):
        early.begin(7)
        assert early.take(7) is None
        early.begin(8)
        answers.set()
        assert early.take(8) is None, "one is asked for at a time"
