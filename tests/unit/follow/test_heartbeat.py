"""A run that waits stays visible: its thread repeats the claim. Kafka is in memory."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from ethlogs.follow import heartbeat
from ethlogs.follow.heartbeat import kept_visible
from ethlogs.follow.held_stream import HeldStream
from ethlogs.follow.ownership import WATCH_SECONDS
from tests.unit.fake_stream import FakeWriter
from tests.unit.follow.test_held_stream import hold


def test_a_run_is_seen_to_live_while_a_newer_one_watches() -> None:
    assert heartbeat.IDLE_SECONDS * 2 < WATCH_SECONDS


def test_the_claim_is_repeated_while_the_run_waits_and_not_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "_LOOK_SECONDS", 0.001)
    stream, beaten = hold(FakeWriter()), threading.Event()
    asked: list[float] = []

    def claim_again(_stream: HeldStream, idle_seconds: float) -> None:
        asked.append(idle_seconds)
        beaten.set()

    monkeypatch.setattr(HeldStream, "claim_again", claim_again)
    with kept_visible(cast(Any, stream)):
        assert beaten.wait(30)
    count = len(asked)
    assert set(asked) == {heartbeat.IDLE_SECONDS}
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
    assert len(asked) == count
