"""How fast a run works, read from its folder."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ethlogs.run.folder import COMMAND, PROGRESS, REPORT, RunFolder
from ethlogs.run.journal import Journal
from ethlogs.run.recent import Latency
from ethlogs.submission import progress as progress_module
from ethlogs.submission.local_runs import WantedRuns
from ethlogs.submission.progress import find_end_on_yarn, find_pace_here, format_pace
from tests.unit.samples import APPLICATION


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


def test_a_run_that_serves_metrics_says_at_which_url(tmp_path: Path) -> None:
    make_run(tmp_path, {**snapshot(), "metricsUrl": "http://worker-7:40123/metrics"})
    pace = find_pace_here(tmp_path, WantedRuns("logs", None))
    assert pace is not None
    assert format_pace(pace).splitlines()[-1] == "metrics       http://worker-7:40123/metrics"


OUTSIDE = "exitCode: 143"


@pytest.mark.parametrize(
    ("state", "final", "report", "why"),
    [
        ("RUNNING", "UNDEFINED", None, None),
        ("FINISHED", "SUCCEEDED", {"exitStatus": 143, "error": "interrupted by SIGTERM", "hint": None}, None),
        (
            "FINISHED",
            "FAILED",
            {"exitStatus": 6, "error": "the node is away", "hint": None},
            "the node is away",
        ),
        ("FAILED", "FAILED", None, "the driver's container was ended from outside, by SIGTERM"),
        (
            "FAILED",
            "FAILED",
            {"exitStatus": 6, "error": "the node is away", "hint": None, "attempt": 1},
            "the driver's container was ended from outside, by SIGTERM",
        ),
    ],
    ids=["runs", "was stopped", "says why", "left no report", "left the report of an earlier attempt"],
)
def test_why_an_application_failed_its_report_says_or_else_yarn(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    final: str,
    report: dict[str, Any] | None,
    why: str | None,
) -> None:
    """The run's folder is here: a unit test has no HDFS."""
    folder = RunFolder(tmp_path)
    if report is not None:
        folder.write_json(REPORT, report)
    layout = mock.Mock()
    layout.of.return_value.run_folder.return_value = folder
    monkeypatch.setattr(progress_module, "HdfsLayout", layout)
    application = replace(APPLICATION, state=state, final=final, attempt=3, diagnostics=OUTSIDE)
    assert find_end_on_yarn(mock.Mock(), application, None) == why


@pytest.mark.parametrize(
    "change", [{"at": time.time() - 60}, {"recent": None}, {"recent": {"seconds": "many"}}]
)
def test_a_dead_driver_or_one_of_another_version_has_no_pace(tmp_path: Path, change: dict[str, Any]) -> None:
    make_run(tmp_path, {**snapshot(), **change})
    assert find_pace_here(tmp_path, WantedRuns("logs", None)) is None


def test_without_a_run_there_is_no_pace(tmp_path: Path) -> None:
    assert find_pace_here(tmp_path / "none", WantedRuns("logs", None)) is None
