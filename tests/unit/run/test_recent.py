"""The rate and the latency of the last minute, by a clock that the test turns."""

from __future__ import annotations

import pytest

from ethlogs.run.recent import WINDOW_SECONDS, Latency, Recent, Window, build_latency


def test_before_the_first_commit_there_is_no_rate() -> None:
    assert Window().look(100.0, None) == Recent(0.0, 0, 0, 0.0, 0.0, None)


def test_a_young_run_has_its_rate_since_it_began() -> None:
    window = Window()
    window.add(104.0, 2, 30)
    window.add(108.0, 1, 10)
    assert window.look(110.0, 100.0) == Recent(10.0, 3, 40, 0.3, 4.0, None)


def test_what_is_older_than_the_window_does_not_count() -> None:
    window = Window()
    window.add(100.0, 50, 50_000)
    window.add_latency(100.0, 900.0)
    window.add(150.0, 1, 120)
    window.add_latency(150.0, 80.0)
    now = 100.0 + WINDOW_SECONDS
    assert window.look(now, 0.0) == Recent(WINDOW_SECONDS, 1, 120, 0.02, 2.0, Latency(80.0, 80.0, 1))


def test_a_run_that_stands_still_has_the_rate_zero() -> None:
    window = Window()
    window.add(100.0, 5, 500)
    recent = window.look(1_000.0, 0.0)
    assert (recent.blocks, recent.logs_per_second, recent.latency_ms) == (0, 0.0, None)


@pytest.mark.parametrize("samples", [1, 10_000])
def test_the_window_keeps_nothing_that_it_does_not_need(samples: int) -> None:
    window = Window(10.0)
    for number in range(samples):
        window.add(float(number), 1, 1)
        window.add_latency(float(number), 1.0)
    assert len(window._commits) == len(window._latencies_ms) == min(samples, 10)


def test_the_99th_percentile_is_a_sample_and_not_an_average() -> None:
    assert build_latency([float(value) for value in range(1, 101)]) == Latency(50.5, 99.0, 100)
