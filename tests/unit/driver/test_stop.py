"""Stopping a driver: requests in the run folder, its command, and a job that does not end."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.driver import stop as driver_stop
from ethlogs.driver.stop import run_stoppable, watch_for_stop
from ethlogs.errors import (
    EthlogsError,
    InterruptedRunError,
    KerberosError,
    LostContainerError,
    NotAuthorizedError,
    SubmissionError,
)
from ethlogs.run.attempt import Attempt
from ethlogs.run.folder import COMMAND, RunFolder
from ethlogs.settings.job import JobKind


class WaitingJob:
    """Waits for an event, where it has one."""

    kind: ClassVar[JobKind] = JobKind("fake")

    def __init__(self, wait: threading.Event | None = None) -> None:
        self._wait = wait

    def run(self) -> None:
        if self._wait is not None:
            self._wait.wait(30)

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        return {"error": str(error)}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs")


def test_a_request_is_heard_after_the_folder_has_refused_to_be_read(folder: RunFolder) -> None:
    class Unreadable(RunFolder):
        """Refuses the first looks."""

        write_seconds = 0.01

        def read(self, name: str) -> bytes | None:
            if looks:
                raise looks.pop()
            return super().read(name)

    looks: list[EthlogsError] = [KerberosError("GSS initiate failed"), NotAuthorizedError("denied")]
    folder.request_stop(signal.SIGTERM)
    stop = StopSwitch()
    watch_for_stop(Unreadable(folder.path), stop, Attempt())
    with pytest.raises(InterruptedRunError, match="interrupted by SIGTERM"):
        stop.pause(30)


def test_a_driver_whose_command_was_killed_ends(folder: RunFolder) -> None:
    folder.write_json(COMMAND, {"pid": os.getpid(), "started": "of an earlier process"})
    stop = StopSwitch()
    watch_for_stop(folder, stop, Attempt())
    with pytest.raises(InterruptedRunError, match="the command that started this run is gone"):
        stop.pause(30)


@pytest.mark.parametrize(
    ("attempt", "error", "why"),
    [
        pytest.param(Attempt(), SubmissionError, "spark-submit, which ran this driver, is gone", id="here"),
        pytest.param(
            Attempt(in_container=True),
            LostContainerError,
            "the application master, which ran this driver, is gone",
            id="in a container",
        ),
    ],
)
def test_a_driver_whose_jvm_was_killed_fails_since_nobody_asked_it_to_stop(
    folder: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    attempt: Attempt,
    error: type[EthlogsError],
    why: str,
) -> None:
    parents = [1, os.getppid()]
    monkeypatch.setattr(os, "getppid", lambda: parents[-1])
    stop = StopSwitch()
    watch_for_stop(folder, stop, attempt)
    parents.pop()
    with pytest.raises(error, match=why) as raised:
        stop.pause(30)
    assert raised.value.exit_status == 8
    assert "run the same command again" in (raised.value.hint or "")


def test_a_request_counts_where_the_jvm_ended_before_it_was_read(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a signal goes to the command and to spark-submit at once."""
    parents = iter([os.getppid()])

    def ask() -> int:
        parent = next(parents, None)
        if parent is None:
            folder.request_stop(signal.SIGINT)
        return parent or 1

    monkeypatch.setattr(os, "getppid", ask)
    stop = StopSwitch()
    watch_for_stop(folder, stop, Attempt())
    with pytest.raises(InterruptedRunError, match="interrupted by SIGINT"):
        stop.pause(30)


def test_a_job_that_does_not_end_when_it_is_asked_to_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_stop, "_STOP_SECONDS", 0.05)
    never, stop = threading.Event(), StopSwitch()
    threading.Timer(0.05, stop.request, (15, "asked to")).start()
    with pytest.raises(InterruptedRunError, match="asked to"):
        run_stoppable(WaitingJob(never), stop)
    never.set()


def test_a_job_that_is_done_before_it_hears_of_the_request_is_done() -> None:
    stop = StopSwitch()
    stop.request(15, "asked to")
    run_stoppable(WaitingJob(), stop)
