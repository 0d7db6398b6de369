"""The waits between tries."""

from __future__ import annotations

import pytest

from ethlogs.backoff import Backoff, keep_trying
from ethlogs.errors import EthlogsError


def waits(backoff: Backoff, count: int, at_least_seconds: float = 0.0) -> list[float]:
    found: list[float] = []
    for _ in range(count):
        backoff.wait(found.append, at_least_seconds)
    return found


def test_waits_double_up_to_the_longest() -> None:
    ceilings = [1, 2, 4, 8, 10, 10, 10]
    for wait, ceiling in zip(waits(Backoff(1.0, 10.0), 7), ceilings, strict=True):
        assert ceiling / 2 <= wait <= ceiling


def test_waits_differ_from_client_to_client() -> None:
    assert len({waits(Backoff(), 1)[0] for _ in range(20)}) > 1


def test_a_wait_is_as_long_as_the_node_asked_for() -> None:
    assert waits(Backoff(1.0), 2, at_least_seconds=60.0) == [60.0, 60.0]


def test_hours_of_trouble_are_waited_out() -> None:
    assert max(waits(Backoff(), 5000)) <= 5.0


def test_trouble_begins_with_its_first_wait_and_ends_with_a_reset() -> None:
    backoff = Backoff()
    assert (backoff.tries, backoff.failing_seconds) == (0, 0.0)
    waits(backoff, 3)
    assert backoff.tries == 3
    assert backoff.failing_seconds > 0
    backoff.reset()
    assert (backoff.tries, backoff.failing_seconds) == (0, 0.0)


@pytest.mark.parametrize("tries", [0, 5])
def test_after_a_reset_waits_are_short_again(tries: int) -> None:
    backoff = Backoff(1.0, 100.0)
    waits(backoff, tries)
    backoff.reset()
    assert waits(backoff, 1)[0] <= 1.0


def test_what_fails_is_tried_again_until_it_succeeds() -> None:
    outcomes: list[EthlogsError | int] = [EthlogsError("once"), EthlogsError("twice"), 3]

    def attempt() -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, EthlogsError):
            raise outcome
        return outcome

    assert keep_trying(attempt, 60.0, lambda _seconds: None) == 3


def test_the_last_failure_is_raised_when_the_time_is_over() -> None:
    def fail() -> None:
        raise EthlogsError("away")

    with pytest.raises(EthlogsError, match="away"):
        keep_trying(fail, 0.0)
