"""Calls with a deadline: those that hang are left behind, and do not become ever more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ethlogs.errors import HadoopUnavailableError
from ethlogs.hadoop.limited_calls import WORKERS, LimitedCalls


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_call_returns_its_value_or_raises_its_error() -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    calls = LimitedCalls()
    assert calls.run(lambda: 7, 30.0, "reading") == 7
    with pytest.raises(TimeoutError, match="its own"):
        calls.run(fail, 30.0, "reading")


def test_one_call_after_the_other_needs_one_thread() -> None:
    calls = LimitedCalls()
    names = {calls.run(threading.get_ident, 30.0, "reading") for _ in range(50)}
    assert len(names) <= 2, "a worker may be seen as busy just after its call"


def test_a_call_that_hangs_is_left_behind_and_the_next_one_succeeds(never: threading.Event) -> None:
    calls = LimitedCalls()
    with pytest.raises(
        HadoopUnavailableError, match=r"writing report\.json: HDFS did not answer within 0\.01"
    ):
        calls.run(never.wait, 0.01, "writing report.json")
    assert calls.run(lambda: 7, 30.0, "reading") == 7


def test_calls_that_all_hang_are_no_more_threads_than_workers(never: threading.Event) -> None:
    calls = LimitedCalls()
    before = threading.active_count()
    for _ in range(3 * WORKERS):
        with pytest.raises(HadoopUnavailableError):
            calls.run(never.wait, 0.01, "writing")
    assert threading.active_count() - before <= WORKERS
    never.set()
    assert calls.run(lambda: 7, 30.0, "reading") == 7
