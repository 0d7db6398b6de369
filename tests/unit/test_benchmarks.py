"""What the benchmarks reach into is still there."""

from __future__ import annotations

from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_every_step_that_is_timed_is_a_function_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import steps

    with steps.stopwatches(steps.Stopwatch()):
        pass
