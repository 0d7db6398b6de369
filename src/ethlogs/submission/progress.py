"""The rate of a stream's run, wherever it runs, from what its driver wrote last."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from pathlib import Path

import msgspec

from ethlogs.errors import EthlogsError
from ethlogs.hadoop.applications import Application
from ethlogs.hadoop.client import Hadoop
from ethlogs.run.folder import PROGRESS, RunFiles
from ethlogs.run.recent import Recent
from ethlogs.run.report import format_latency
from ethlogs.run.waiting import Waiting, format_waiting
from ethlogs.settings.submission import STREAM_JOBS
from ethlogs.submission.applications import run_of
from ethlogs.submission.attempt_end import read_end
from ethlogs.submission.layout import HdfsLayout
from ethlogs.submission.local_runs import WantedRuns, find_local_runs
from ethlogs.submission.outcome import tells_the_end


class Pace(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The rates and the latency of a run's attempt, with the names of progress.json."""

    run: str
    attempt: int
    at: float
    """When the driver wrote them, in seconds since 1970."""
    logs_per_second: float
    """From the attempt's first fetch to its last commit."""
    recent: Recent
    waiting: Waiting | None = None
    """What the run waits for; ``None`` where it works, or its driver is of an older version."""
    metrics_url: str | None = None
    """The URL of ``--metrics-listen``, with the driver's host and port; ``None`` where it serves none."""


def find_pace_here(base: Path, wanted: WantedRuns) -> Pace | None:
    """Return the pace of the stream's run on this machine; ``None`` where there is none.

    Where both follow and fill and none is named, the follower's is meant.
    """
    for job in (wanted.job,) if wanted.job else STREAM_JOBS:
        for folder in find_local_runs(base, replace(wanted, job=job)):
            return _read_pace(folder)
    return None


def find_pace_on_yarn(hadoop: Hadoop, application: Application, hdfs_dir: str | None) -> Pace | None:
    """Return the pace of an application's run; ``None`` where it has ended or its folder cannot be read."""
    run = run_of(application)
    if run is None or application.ended:
        return None
    return _read_pace(HdfsLayout.of(hadoop.files, hdfs_dir).run_folder(run))


def find_end_on_yarn(hadoop: Hadoop, application: Application, hdfs_dir: str | None) -> str | None:
    """Return why an application failed: by its driver's report, else by YARN; ``None`` where it did not."""
    if not application.ended or application.final == "SUCCEEDED":
        return None
    run = run_of(application)
    with contextlib.suppress(EthlogsError):
        folder = HdfsLayout.of(hadoop.files, hdfs_dir).run_folder(run) if run else None
        report = folder.read_report() if folder else None
        if report is not None and report.get("error") and tells_the_end(report, application):
            return str(report["error"])
    end = read_end(application.diagnostics)
    return "YARN does not say why" if end is None else end.sentence


def _read_pace(folder: RunFiles) -> Pace | None:
    try:
        return msgspec.convert(folder.read_json(PROGRESS), Pace)
    except (EthlogsError, msgspec.ValidationError):
        # Another user's folder, or the file of another version: the rest of the status is right all the same.
        return None


def format_pace(pace: Pace) -> str:
    """Return the pace for a person: what happens now beside the mean."""
    recent = pace.recent
    rows = [
        (
            "rate",
            f"{recent.logs_per_second:,.0f} event logs/s in the last {recent.seconds:.0f} seconds,"
            f" {pace.logs_per_second:,.0f}/s since the driver started",
        ),
        ("latency", format_latency(recent.latency_ms)),
    ]
    if pace.waiting is not None:
        rows.append(("the run is", format_waiting(pace.waiting, time.time())))
    if pace.metrics_url is not None:
        rows.append(("metrics", pace.metrics_url))
    return "\n".join(f"{name:14}{value}" for name, value in rows)
