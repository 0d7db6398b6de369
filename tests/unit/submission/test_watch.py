"""Watching an application: its limits, and a cluster that goes away in the moment that counts.

The ResourceManager is a fake: a real one cannot be made to go away between two given questions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from ethlogs.errors import DeadlineError, HadoopUnavailableError, OutcomeUnknownError
from ethlogs.hadoop.applications import Application, Applications
from ethlogs.run_folder import RunFolder
from ethlogs.submission.watch import Limits, Watcher
from tests.unit.samples import APPLICATION

WAITING = replace(
    APPLICATION,
    state="ACCEPTED",
    final="UNDEFINED",
    diagnostics="waiting for AM container to be allocated",
    log_aggregation="",
)


@dataclass
class FakeApplications:
    """Always gives the same application."""

    application: Application
    kill_fails: bool = False
    killed: list[str] = field(default_factory=list)

    def describe(self, _application_id: str) -> Application:
        return self.application

    def log_url(self, _application_id: str) -> None:
        return None

    def kill(self, _application_id: str, why: str) -> None:
        if self.kill_fails:
            raise HadoopUnavailableError("the ResourceManager is gone")
        self.killed.append(why)


class LostFolder(RunFolder):
    """A run's folder on an HDFS that goes away when the report is read."""

    def read(self, name: str) -> bytes | None:
        if name == "report.json":
            raise HadoopUnavailableError("the NameNode is gone")
        return super().read(name)


def watch(applications: FakeApplications, folder: RunFolder, limits: Limits) -> dict[str, Any]:
    watcher = Watcher(
        cast(Applications, applications), folder, WAITING.id, lambda _text: None, lambda _progress: None
    )
    return watcher.wait(limits)


def test_no_grace_for_an_application_that_has_not_begun(tmp_path: Path) -> None:
    applications = FakeApplications(WAITING)
    with pytest.raises(DeadlineError, match="did not end within --timeout"):
        watch(applications, RunFolder(tmp_path), Limits(run=0.0, submit=None, grace=3600.0))
    assert applications.killed == ["ethlogs: stopped before its driver ran"]


def test_a_resource_manager_that_is_gone_when_the_time_is_over_leaves_the_outcome_unknown(
    tmp_path: Path,
) -> None:
    applications = FakeApplications(WAITING, kill_fails=True)
    with pytest.raises(OutcomeUnknownError, match="cannot be watched any more: the ResourceManager is gone"):
        watch(applications, RunFolder(tmp_path), Limits(run=0.0, submit=None))


def test_a_report_that_cannot_be_read_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    ended = FakeApplications(replace(WAITING, state="FINISHED", final="SUCCEEDED"))
    with pytest.raises(OutcomeUnknownError, match="the NameNode is gone"):
        watch(ended, LostFolder(tmp_path), Limits(run=None, submit=None))
