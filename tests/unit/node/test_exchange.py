"""Requests of one caller that a node works on at once. The channels are fakes, whose answers are known."""

from __future__ import annotations

import contextlib

import pytest

from ethlogs.node.connections import Connections
from ethlogs.node.deadline import remaining_seconds
from ethlogs.node.exchange import exchange


class Fake:
    """A channel that answers each message with itself, and notes what happens."""

    def __init__(self, happened: list[str]) -> None:
        self._happened = happened
        self._message = b""

    def send(self, message: bytes) -> None:
        self._happened.append(f"send {message.decode()}")
        self._message = message

    def receive(self) -> bytes:
        if self._message == b"fail":
            raise ConnectionResetError
        self._happened.append(f"receive {self._message.decode()} within {remaining_seconds():.0f}")
        return self._message

    def close(self) -> None:
        self._happened.append(f"close {self._message.decode()}")


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    return []


def test_all_requests_are_sent_before_an_answer_is_read(happened: list[str]) -> None:
    connections = Connections(lambda: Fake(happened))
    assert [answer.body for answer in exchange(connections, [b"a", b"b"], 9.0)] == [b"a", b"b"]
    assert happened == ["send a", "send b", "receive a within 9", "receive b within 9"]


def test_connections_are_lent_again_even_where_nothing_is_asked_after_the_last_answer(
    happened: list[str],
) -> None:
    connections = Connections(lambda: Fake(happened))
    answers = exchange(connections, [b"a", b"b"], 9.0)
    first = next(answers)
    second = next(answers)
    del answers
    assert (first.body, second.body) == (b"a", b"b")
    connections.close()
    assert happened[4:] == ["close a", "close b"]


def test_a_connection_whose_answer_is_not_taken_is_closed_and_the_others_are_kept(
    happened: list[str],
) -> None:
    connections = Connections(lambda: Fake(happened))
    answers = exchange(connections, [b"a", b"b"], 9.0)
    assert next(answers).body == b"a"
    answers.close()
    assert happened[3:] == ["close b"]
    with connections.lend() as again:
        again.send(b"c")
    connections.close()
    assert happened[3:] == ["close b", "send c", "close c"]


def test_after_an_error_no_connection_with_an_answer_under_way_is_lent_again(happened: list[str]) -> None:
    connections = Connections(lambda: Fake(happened))
    with contextlib.suppress(ConnectionResetError):
        list(exchange(connections, [b"a", b"fail", b"c"], 9.0))
    assert sorted(happened[4:]) == ["close c", "close fail"]


def test_the_timeout_counts_from_the_first_request_on_and_then_from_each_answer(
    monkeypatch: pytest.MonkeyPatch, happened: list[str]
) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)

    class Slow(Fake):
        def send(self, message: bytes) -> None:
            nonlocal now
            now += 2.0
            super().send(message)

    answers = exchange(Connections(lambda: Slow(happened)), [b"a", b"b"], 9.0)
    next(answers)
    now += 60.0
    next(answers)
    assert happened[2:] == ["receive a within 5", "receive b within 9"]
