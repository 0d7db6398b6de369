"""What the benchmarks reach into is still there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks import backfill, sizing, steps


def test_every_step_that_is_timed_is_a_function_of_the_product() -> None:
    with steps.stopwatches(steps.Stopwatch()):
        pass


def test_the_sizing_of_the_documents_is_what_the_script_computes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backfill.md").read_text()
    _, table, _ = re.split("<!-- /?sizing -->", page)
    assert table.strip() == sizing.format_sizing(sizing.Figures())


def test_more_cores_than_slots_do_not_make_history_faster() -> None:
    figures = sizing.Figures()
    half, full, more = (sizing.compute_need(figures, cores) for cores in (16, 32, 64))
    assert half.hours == 2 * full.hours
    assert more.hours == full.hours


def test_the_cpu_time_of_a_command_is_that_of_all_its_processes() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    with subprocess.Popen([sys.executable, "-c", program, busy]) as process:
        meter = backfill.Meter(process.pid)
        while process.poll() is None:
            meter.sample()
    assert meter.seconds >= 0.4
