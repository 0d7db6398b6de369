"""The bound on the memory of answers that are being received, in total."""

from __future__ import annotations

import threading

import pytest

from ethlogs.errors import NodeUnavailableError
from ethlogs.node import answer_size
from ethlogs.node.answer_size import ReceivedBody
from ethlogs.node.deadline import deadline


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_size, "SMALL_ANSWER_BYTES", 10)
    monkeypatch.setattr(answer_size, "MAX_ANSWER_BYTES", 100)


def test_what_was_received_comes_back_whole() -> None:
    with ReceivedBody("the node") as body:
        for chunk in (b"one ", b"two ", b"three and more"):
            body.add(chunk)
        assert body.content == b"one two three and more"


def test_an_answer_above_the_bound_is_given_up_and_lets_the_next_one_go() -> None:
    with ReceivedBody("the node") as body, pytest.raises(NodeUnavailableError, match="more than 100 bytes"):
        body.add(b"x" * 99)
        body.add(b"xx")
    with ReceivedBody("the node") as body:
        body.add(b"x" * 99)


def test_small_answers_are_received_beside_a_large_one() -> None:
    with ReceivedBody("the node") as large, ReceivedBody("the node") as small:
        large.add(b"x" * 50)
        small.add(b"x" * 10)


def test_a_large_answer_waits_for_another_large_one() -> None:
    begun, received = threading.Event(), threading.Event()

    def receive() -> None:
        with ReceivedBody("the node") as body:
            begun.set()
            body.add(b"x" * 50)
            received.set()

    with ReceivedBody("the node") as first:
        first.add(b"x" * 50)
        thread = threading.Thread(target=receive)
        thread.start()
        assert begun.wait(30)
        assert not received.wait(0.1)
    assert received.wait(30)
    thread.join()


def test_the_wait_for_another_large_answer_ends_with_the_deadline() -> None:
    with ReceivedBody("the node") as first, ReceivedBody("the node") as second:
        first.add(b"x" * 50)
        with deadline(0.05), pytest.raises(TimeoutError):
            second.add(b"x" * 50)
