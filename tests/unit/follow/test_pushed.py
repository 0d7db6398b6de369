"""When a follower looks at the head, with a fake node: a real one cannot be made to fall silent."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from ethlogs.errors import MissingMethodError, NodeRefusedError, NodeUnavailableError
from ethlogs.follow import pushed
from ethlogs.follow.pushed import PushedHeads

WAITED = 10.0


class FakeHeads:
    """What a node sends: True is a notification, an error ends the subscription."""

    def __init__(self) -> None:
        self.sent: queue.Queue[Exception | bool] = queue.Queue()
        self.closed = threading.Event()

    def wait(self, seconds: float) -> bool:
        try:
            sent = self.sent.get(timeout=seconds)
        except queue.Empty:
            return False
        if isinstance(sent, Exception):
            raise sent
        return sent

    def close(self) -> None:
        self.closed.set()


class FakeNode:
    """Gives one subscription, or error, after the other; the last one again and again."""

    def __init__(self, *script: FakeHeads | Exception | None) -> None:
        self.name = "ws://first"
        self._script = list(script)
        self.asked: list[str] = []
        self.asked_again = threading.Event()

    def subscribe_heads(self) -> FakeHeads | None:
        self.asked.append(self.name)
        if len(self.asked) > 1:
            self.asked_again.set()
        found = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pushed, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(pushed, "_FIRST_PAUSE_SECONDS", 0.01)
    yield


def listener(node: FakeNode) -> tuple[PushedHeads, threading.Event, list[str]]:
    wake = threading.Event()
    notices: list[str] = []
    return PushedHeads(cast(Any, node), wake, notices.append), wake, notices


def test_a_follower_looks_once_it_has_subscribed_and_with_each_notification() -> None:
    heads = FakeHeads()
    listening, wake, notices = listener(FakeNode(heads))
    with listening.listening():
        assert wake.wait(WAITED)
        assert listening.is_subscribed
        wake.clear()
        heads.sent.put(True)
        assert wake.wait(WAITED)
    assert heads.closed.wait(WAITED)
    assert notices == []


def test_without_a_subscription_nothing_is_said_and_the_head_is_polled() -> None:
    listening, wake, notices = listener(FakeNode(None))
    with listening.listening():
        assert not wake.wait(0.05)
        assert not listening.is_subscribed
    assert notices == []


def test_a_lost_subscription_is_said_once_and_made_again() -> None:
    first, second = FakeHeads(), FakeHeads()
    lost = NodeUnavailableError("lost")
    listening, wake, notices = listener(FakeNode(first, lost, lost, second))
    first.sent.put(lost)
    with listening.listening():
        second.sent.put(True)
        assert first.closed.wait(WAITED)
        while not second.sent.empty():
            wake.wait(0.01)
        assert listening.is_subscribed
    assert len(notices) == 1
    assert "node ws://first does not push new blocks" in notices[0]


def test_a_subscription_that_is_lost_ends_the_slow_pause_of_a_follower() -> None:
    heads, lost = FakeHeads(), NodeUnavailableError("lost")
    listening, wake, _ = listener(FakeNode(heads, lost))
    with listening.listening():
        assert wake.wait(WAITED)
        wake.clear()
        heads.sent.put(lost)
        assert wake.wait(WAITED)
        assert not listening.is_subscribed


def test_a_subscription_that_comes_after_the_end_is_closed_and_the_next_one_is_alone() -> None:
    """A run takes its stream again while a node does not answer, as where the network is away."""
    late, heads = FakeHeads(), FakeHeads()
    asked, answers = threading.Event(), threading.Event()
    node = FakeNode(heads)

    def subscribe_late() -> FakeHeads:
        node.subscribe_heads = subscribe  # type: ignore[method-assign]
        asked.set()
        answers.wait(WAITED)
        return late

    subscribe, node.subscribe_heads = node.subscribe_heads, subscribe_late  # type: ignore[method-assign]
    listening, wake, _ = listener(node)
    with listening.listening():
        assert asked.wait(WAITED)
    with listening.listening():
        assert wake.wait(WAITED)
        answers.set()
        assert late.closed.wait(WAITED)
        assert listening.is_subscribed
        assert not heads.closed.is_set()


@pytest.mark.parametrize("refused", [MissingMethodError("no such method"), NodeRefusedError("HTTP 401")])
def test_a_node_that_refuses_is_not_asked_again(refused: Exception) -> None:
    node = FakeNode(refused)
    listening, _, notices = listener(node)
    with listening.listening():
        assert not node.asked_again.wait(0.1)
    assert (len(node.asked), len(notices)) == (1, 1)


def test_the_subscription_moves_with_the_url_in_use() -> None:
    first, second = FakeHeads(), FakeHeads()
    node = FakeNode(first, second)
    listening, wake, _ = listener(node)
    with listening.listening():
        assert wake.wait(WAITED)
        node.name = "ws://second"
        assert first.closed.wait(WAITED)
        assert node.asked_again.wait(WAITED)
    assert node.asked == ["ws://first", "ws://second"]


def test_a_subscription_that_announces_no_head_is_made_anew_and_one_crossing_is_not_enough() -> None:
    first, second = FakeHeads(), FakeHeads()
    node = FakeNode(first, second)
    listening, wake, _ = listener(node)
    with listening.listening():
        assert wake.wait(WAITED)
        for announced in (False, True, False):
            listening.count_new_head(announced=announced)
        assert not first.closed.wait(0.05)
        listening.count_new_head(announced=False)
        assert first.closed.wait(WAITED)
        assert node.asked_again.wait(WAITED)


def test_a_notification_that_comes_late_still_shows_that_the_subscription_is_alive() -> None:
    first = FakeHeads()
    node = FakeNode(first, FakeHeads())
    listening, wake, _ = listener(node)
    with listening.listening():
        assert wake.wait(WAITED)
        for _head in range(3):
            listening.count_new_head(announced=False)
            wake.clear()
            first.sent.put(True)
            assert wake.wait(WAITED)
        assert not first.closed.is_set()
