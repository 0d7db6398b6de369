"""What a run waits for, as it is written down, read and said."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ethlogs.backoff import Backoff
from ethlogs.run.waiting import Waiting, format_waiting, look_at_trouble, read_waiting


class FailingSince(Backoff):
    """A trouble that is as old as it says: a real one would have to be waited for."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    @property
    def failing_seconds(self) -> float:
        return self._seconds


def test_a_trouble_says_since_when_it_lasts_and_how_long_it_may() -> None:
    waiting = look_at_trouble(FailingSince(20.0), "the node is away", 300.0)
    assert waiting is not None
    assert waiting.why == "the node is away"
    assert waiting.until - waiting.since == pytest.approx(300.0, abs=0.01)


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_what_one_more_try_may_end_is_not_worth_a_word(seconds: float) -> None:
    assert look_at_trouble(FailingSince(seconds), "the node is away", 300.0) is None


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (1012.0, "waiting for 12 s, for up to 18 s more: the node is away"),
        (1099.0, "waiting for 99 s, for up to 0 s more: the node is away"),
        (900.0, "waiting for 0 s, for up to 130 s more: the node is away"),
    ],
    ids=["in between", "over", "another machine's clock"],
)
def test_what_a_run_waits_for_is_one_line(now: float, text: str) -> None:
    assert format_waiting(Waiting("the node is away", 1000.0, 1030.0), now) == text


@pytest.mark.parametrize("progress", [{}, {"waiting": None}, {"waiting": {"why": 7}}, {"waiting": "long"}])
def test_a_run_that_waits_for_nothing_and_another_versions_file_say_nothing(progress: dict[str, Any]) -> None:
    assert read_waiting(progress) is None


def test_what_was_written_is_read_again() -> None:
    waiting = Waiting("the node is away", 1000.0, 1030.0)
    assert read_waiting({"waiting": msgspec.to_builtins(waiting)}) == waiting
