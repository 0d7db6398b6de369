"""What the benchmarks reach into is still there."""

from __future__ import annotations

from benchmarks import steps


def test_every_step_that_is_timed_is_a_function_of_the_product() -> None:
    with steps.stopwatches(steps.Stopwatch()):
        pass
