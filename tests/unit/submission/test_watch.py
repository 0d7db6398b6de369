"""Watching an application: its limits, and a cluster that goes away in the moment that counts.

The ResourceManager is a fake: a real one cannot be made to go away between two given questions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from ethlogs.errors import (
    DeadlineError,
    HadoopUnavailableError,
    InterruptedRunError,
    KerberosError,
    OutcomeUnknownError,
    SubmissionError,
)
from ethlogs.hadoop.applications import Application, Applications
from ethlogs.run.folder import RunFolder
from ethlogs.submission import watch as watch_module
from ethlogs.submission.watch import Limits, Watcher, _waits_for, end_application
from tests.unit.samples import APPLICATION

WAITING = replace(
    APPLICATION,
    state="ACCEPTED",
    final="UNDEFINED",
    diagnostics="waiting for AM container to be allocated",
)


OUTSIDE = "the driver's container was ended from outside, by SIGTERM"


@dataclass
class FakeApplications:
    """Always gives the same application."""

    application: Application
    kill_fails: bool = False
    killed: list[str] = field(default_factory=list)

    def describe(self, _application_id: str) -> Application:
        return self.application

    def describe_queue(self, _name: str) -> None:
        return None

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


def test_an_application_that_is_stopped_before_its_driver_ran_was_interrupted(tmp_path: Path) -> None:
    applications, folder = FakeApplications(WAITING), RunFolder(tmp_path)
    assert not end_application(cast(Applications, applications), folder, WAITING.id, 60.0)
    (why,) = applications.killed
    words = f"Application killed by user alice at 10.0.0.7 with diagnostic message: {why}"
    ended = FakeApplications(replace(WAITING, state="KILLED", final="KILLED", diagnostics=words))
    with pytest.raises(InterruptedRunError, match="stopped before its driver ran") as stopped:
        watch(ended, folder, Limits(run=None, submit=None))
    assert stopped.value.exit_status == 143
    assert "run the same command again" in str(stopped.value.hint)


def test_an_application_that_somebody_else_killed_has_failed(tmp_path: Path) -> None:
    words = "Application killed by user bob at 10.0.0.8"
    ended = FakeApplications(replace(WAITING, state="KILLED", final="KILLED", diagnostics=words))
    with pytest.raises(SubmissionError, match="user bob"):
        watch(ended, RunFolder(tmp_path), Limits(run=None, submit=None))


def wait_for_container(applications: FakeApplications, folder: RunFolder, seconds: float) -> None:
    watcher = Watcher(
        cast(Applications, applications), folder, WAITING.id, lambda _text: None, lambda _progress: None
    )
    watcher.wait_for_container(seconds)


def test_an_application_without_a_container_is_ended_when_its_time_is_over(tmp_path: Path) -> None:
    applications = FakeApplications(WAITING)
    with pytest.raises(SubmissionError, match="got no container within --submit-timeout 0 seconds"):
        wait_for_container(applications, RunFolder(tmp_path), 0.0)
    assert applications.killed == ["ethlogs: no resources within --submit-timeout"]


@pytest.mark.parametrize(("state", "final"), [("RUNNING", "UNDEFINED"), ("FINISHED", "SUCCEEDED")])
def test_an_application_that_has_or_had_its_container_is_left_alone(
    tmp_path: Path, state: str, final: str
) -> None:
    applications = FakeApplications(replace(WAITING, state=state, final=final))
    wait_for_container(applications, RunFolder(tmp_path), 0.0)
    assert applications.killed == []


def test_a_resource_manager_that_is_gone_when_the_time_is_over_leaves_the_outcome_unknown(
    tmp_path: Path,
) -> None:
    applications = FakeApplications(WAITING, kill_fails=True)
    with pytest.raises(OutcomeUnknownError, match="cannot be watched any more: the ResourceManager is gone"):
        watch(applications, RunFolder(tmp_path), Limits(run=0.0, submit=None))


def test_a_report_that_cannot_be_read_leaves_the_outcome_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "_PATIENCE_SECONDS", 0.0)
    ended = FakeApplications(replace(WAITING, state="FINISHED", final="SUCCEEDED"))
    with pytest.raises(OutcomeUnknownError, match="the NameNode is gone"):
        watch(ended, LostFolder(tmp_path), Limits(run=None, submit=None))


class ReplacedContainers(FakeApplications):
    """An application that is in these attempts when it is looked at, and has ended in the last."""

    def __init__(self, *attempts: int) -> None:
        running = replace(WAITING, state="RUNNING")
        super().__init__(running)
        self.states = [replace(running, attempt=attempt) for attempt in attempts]
        self.states[-1] = replace(self.states[-1], state="FINISHED")

    def describe(self, _application_id: str) -> Application:
        return self.states.pop(0)

    def attempt_diagnostics(self, _application_id: str, attempt: int) -> str:
        return f"AM Container for attempt {attempt} exited with exitCode: 143"


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param((1, 2, 2), [1], id="each attempt is seen"),
        pytest.param((1, 3, 3), [1, 2], id="one begins and is lost between two looks"),
        pytest.param((1, 2), [1], id="the last is seen when it has ended"),
        pytest.param((0, 2, 2), [1], id="the first is never seen"),
        pytest.param((2, 3, 3), [2], id="who looks later is not told of what was before"),
    ],
)
def test_each_lost_attempt_is_told_with_yarns_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: tuple[int, ...], told: list[int]
) -> None:
    monkeypatch.setattr(watch_module, "_POLL_SECONDS", 0.0)
    folder, said = RunFolder(tmp_path), list[str]()
    folder.write_json("report.json", {"exitStatus": 0, "attempt": seen[-1], "error": None, "hint": None})
    applications = cast(Applications, ReplacedContainers(*seen))
    watcher = Watcher(applications, folder, WAITING.id, said.append, lambda _progress: None)
    assert watcher.wait(Limits(None, None)) == {
        "exitStatus": 0,
        "attempt": seen[-1],
        "error": None,
        "hint": None,
    }
    assert [line for line in said if line.startswith("attempt")] == [
        f"attempt {lost} has ended: the driver's container was ended from outside, by SIGTERM;"
        f" attempt {lost + 1} resumes after what was committed"
        for lost in told
    ]


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (
            {"attempt": 1, "exitStatus": 6, "error": "node http://geth:8545 is away", "hint": None},
            "node http://geth:8545 is away",
        ),
        ({"attempt": 1, "exitStatus": 8, "error": "it received SIGTERM", "hint": None}, OUTSIDE),
        ({"attempt": 7, "exitStatus": 6, "error": "of another attempt", "hint": None}, OUTSIDE),
    ],
    ids=["the driver knows", "YARN knows better", "another attempt's"],
)
def test_why_an_attempt_ended_its_own_report_says_where_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: dict[str, Any], why: str
) -> None:
    monkeypatch.setattr(watch_module, "_POLL_SECONDS", 0.0)
    folder, said = RunFolder(tmp_path), list[str]()

    class Ending(ReplacedContainers):
        """Its second attempt writes a report before the third look."""

        def describe(self, application_id: str) -> Application:
            if len(self.states) == 1:
                folder.write_json("report.json", {"exitStatus": 0, "attempt": 2, "error": None, "hint": None})
            return super().describe(application_id)

    folder.write_json("report.json", report)
    applications = cast(Applications, Ending(1, 2, 2))
    Watcher(applications, folder, WAITING.id, said.append, lambda _progress: None).wait(Limits(None, None))
    assert f"attempt 1 has ended: {why}; attempt 2 resumes after what was committed" in said


def test_a_ticket_that_expires_while_watching_says_nothing_about_the_run(tmp_path: Path) -> None:
    class Expired(FakeApplications):
        """Refuses twice, then answers: the user has run kinit."""

        refusals = 2

        def describe(self, _application_id: str) -> Application:
            if self.refusals:
                self.refusals -= 1
                raise KerberosError("there is no valid ticket", hint="kinit")
            return replace(WAITING, state="FINISHED", final="SUCCEEDED")

    folder, said = RunFolder(tmp_path), list[str]()
    folder.write_json("report.json", {"exitStatus": 0, "error": None, "hint": None})
    watcher = Watcher(
        cast(Applications, Expired(WAITING)), folder, WAITING.id, said.append, lambda _progress: None
    )
    assert watcher.wait(Limits(None, None)) == {"exitStatus": 0, "error": None, "hint": None}
    assert said == [
        f"there is no valid ticket; the application {WAITING.id} continues without this command: kinit"
    ]


@pytest.mark.parametrize(("asked", "status"), [(False, 0), (True, 143)])
def test_a_driver_that_succeeded_without_a_report_has_done_what_it_was_asked(
    tmp_path: Path, asked: bool, status: int
) -> None:
    folder = RunFolder(tmp_path)
    if asked:
        folder.request_stop(15)
    ended = FakeApplications(replace(WAITING, state="FINISHED", final="SUCCEEDED"))
    report = watch(ended, folder, Limits(None, None))
    assert report["exitStatus"] == status
    assert "its report could not be written" in report["reportMissing"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "Application is Activated, waiting. Details : AM Partition = <X> ;",
            "Application is Activated, waiting.",
        ),
        (
            "Application is Activated, waiting for resources to be assigned for AM. Last Node which was"
            " processed for the application : localhost:16957 ( Partition : [] ).",
            "waiting for a container",
        ),
        (
            "waiting for AM container to be allocated, launched and register with RM.",
            "waiting for a container",
        ),
        (
            "AM container is launched, waiting for AM container to Register with RM",
            "the driver's container is starting",
        ),
        (
            "Queue's AM resource limit exceeded. Last Node which was processed for the application : a:1",
            "Queue's AM resource limit exceeded.",
        ),
    ],
)
def test_what_an_application_waits_for_is_one_sentence(words: str, sentence: str) -> None:
    assert _waits_for(f"[Tue Nov 24 02:41:50 +0000 2026] {words}") == sentence
