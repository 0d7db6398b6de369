"""How fast a run works, read from its folder."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from ethlogs.journal import Journal
from ethlogs.recent import Latency
from ethlogs.run_folder import COMMAND, PROGRESS, RunFolder
from ethlogs.submission.local_runs import WantedRuns
from ethlogs.submission.progress import find_pace_here, format_pace


def make_run(base: Path, progress: dict[str, Any]) -> RunFolder:
    folder = RunFolder.create(base)
    folder.write_json(COMMAND, {"job": "produce", "topic": "logs", "bootstrapServers": "kafka:9092"})
    folder.write_json(PROGRESS, progress)
    return folder


def snapshot() -> dict[str, Any]:
    journal = Journal("a-run", 1, lambda _snapshot: None)
    journal.begin(100, None, None, 200)
    journal.meter.count_block(100, "0xb1", 5, proof="receipts")
    journal.meter.count_latency(0.08)
    return journal.snapshot()


def test_the_pace_of_a_run_on_this_machine_is_what_its_driver_wrote(tmp_path: Path) -> None:
    make_run(tmp_path, snapshot())
    pace = find_pace_here(tmp_path, WantedRuns("logs", "kafka:9092"))
    assert pace is not None
    assert (pace.run, pace.recent.logs, pace.recent.latency_ms) == ("a-run", 5, Latency(80.0, 80.0, 1))


def test_the_pace_shows_what_happens_now_beside_the_mean(tmp_path: Path) -> None:
    recent = {
        "seconds": 60.0,
        "blocks": 5,
        "logs": 1200,
        "blocksPerSecond": 0.08,
        "logsPerSecond": 20.0,
        "latencyMs": {"p50": 12.5, "p99": 80.0, "blocks": 5},
    }
    make_run(tmp_path, {**snapshot(), "logsPerSecond": 7000.0, "recent": recent})
    pace = find_pace_here(tmp_path, WantedRuns("logs", None))
    assert pace is not None
    assert format_pace(pace) == (
        "rate          20 event logs/s in the last 60 seconds, 7,000/s since the driver started\n"
        "latency       p50 12.5 ms, p99 80.0 ms, node to committed, 5 blocks"
    )


def test_a_run_that_waits_says_for_what(tmp_path: Path) -> None:
    now = time.time()
    waiting = {"why": "node http://geth:8545 is away", "since": now - 12, "until": now + 300}
    make_run(tmp_path, {**snapshot(), "waiting": waiting})
    pace = find_pace_here(tmp_path, WantedRuns("logs", None))
    assert pace is not None
    last = format_pace(pace).splitlines()[-1]
    assert re.fullmatch(r"the run is    waiting for \d+ s, for up to \d+ s more: node \S+ is away", last)


@pytest.mark.parametrize(
    "change", [{"at": time.time() - 60}, {"recent": None}, {"recent": {"seconds": "many"}}]
)
def test_a_dead_driver_or_one_of_another_version_has_no_pace(tmp_path: Path, change: dict[str, Any]) -> None:
    make_run(tmp_path, {**snapshot(), **change})
    assert find_pace_here(tmp_path, WantedRuns("logs", None)) is None


def test_without_a_run_there_is_no_pace(tmp_path: Path) -> None:
    assert find_pace_here(tmp_path / "none", WantedRuns("logs", None)) is None
