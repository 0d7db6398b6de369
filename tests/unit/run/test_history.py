"""The samples of a run cover its whole time and stay few."""

from __future__ import annotations

from ethlogs.run.history import MOST_SAMPLES, History, Sample


def sample(at: float) -> Sample:
    return Sample(at=at, blocks=1, logs=2, logs_per_second=3.0, latency_ms=None, lag=0, reorgs=0)


def times(history: History) -> list[float]:
    return [one.at for one in history.samples]


def test_samples_are_a_second_apart() -> None:
    history = History()
    for at in (0.0, 0.25, 0.5, 1.0, 1.5, 2.0):
        history.add(sample(at))
    assert times(history) == [0.0, 1.0, 2.0]


def test_a_long_run_has_few_samples_of_all_its_time() -> None:
    history = History()
    for at in range(100_000):
        history.add(sample(float(at)))
    found = times(history)
    assert MOST_SAMPLES / 2 <= len(found) <= MOST_SAMPLES
    assert found[0] == 0.0
    assert found[-1] > 98_000


def test_a_later_attempt_continues_the_samples_of_the_earlier_one() -> None:
    history = History([sample(0.0), sample(1200.0)])
    history.add(sample(1205.0))
    history.add(sample(1211.0))
    assert times(history) == [0.0, 1200.0, 1211.0]
