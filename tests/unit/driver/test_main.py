"""The driver: an earlier verdict that is final, settings that are missing, a job that must end."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.driver import main as driver
from ethlogs.errors import (
    EthlogsError,
    ExitStatus,
    HadoopUnavailableError,
    InterruptedRunError,
    KerberosError,
    NotAuthorizedError,
    SettingsError,
    SubmissionError,
    UnprovenError,
)
from ethlogs.run.attempt import Attempt
from ethlogs.run.context import RunContext
from ethlogs.run.folder import PROGRESS, REPORT, SETTINGS, RunFolder
from ethlogs.run.verdicts import is_final
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, to_json
from ethlogs.settings.job import JobKind
from ethlogs.settings.metrics import Address

RUN = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))


class FakeSpark:
    """In place of a SparkContext, which takes seconds to start."""

    version = "4.0.0"

    def __init__(self) -> None:
        self.stopped = False
        self.properties: dict[str, str] = {}
        """Those of the JVM, which is the application master's in a container."""
        system = SimpleNamespace(setProperty=self.properties.__setitem__)
        self._jvm = SimpleNamespace(java=SimpleNamespace(lang=SimpleNamespace(System=system)))

    def stop(self) -> None:
        self.stopped = True


class FakeJob:
    """Ends as it is asked to."""

    kind: ClassVar[JobKind] = JobKind("fake")

    def __init__(self, error: BaseException | None = None) -> None:
        self._error = error
        self.ran = False

    def run(self) -> None:
        self.ran = True
        if self._error is not None:
            raise self._error

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        return {"exitStatus": int(error.exit_status if error else 0), "error": str(error) if error else None}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(tmp_path / "runs")
    folder.write(SETTINGS, to_json(RUN))
    return folder


def run_with(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, job: FakeJob, spark: FakeSpark | None = None
) -> int:
    spark = spark or FakeSpark()
    monkeypatch.setattr(driver, "get_context", lambda: spark)
    monkeypatch.setattr(driver, "stop_on_signals", lambda _stop: None)
    monkeypatch.setattr(driver, "watch_for_stop", lambda *_: None)
    monkeypatch.setattr(driver, "build_job", lambda *_: job)
    return driver.main([str(folder.path)])


@pytest.mark.parametrize("status", [0, 3, 9, 10, 11, 143])
def test_an_attempt_ends_with_an_earlier_ones_final_verdict(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, status: int
) -> None:
    folder.write_json(REPORT, {"exitStatus": status, "error": "earlier", "hint": None})
    job = FakeJob()
    assert run_with(monkeypatch, folder, job) == status
    assert not job.ran
    assert folder.read_json(REPORT) == {"exitStatus": status, "error": "earlier", "hint": None}


@pytest.mark.parametrize("status", [1, 5, 6, 7, 8])
def test_an_attempt_tries_again_after_a_verdict_that_is_not_final(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, status: int
) -> None:
    folder.write_json(REPORT, {"exitStatus": status, "error": "earlier", "hint": None})
    assert run_with(monkeypatch, folder, FakeJob()) == 0
    assert folder.read_json(REPORT) == {"exitStatus": 0, "error": None}


@pytest.mark.parametrize(
    ("error", "is_final"), [(None, True), (SettingsError("wrong"), True), (UnprovenError("wrong"), False)]
)
def test_an_attempt_ends_the_run_for_good_where_its_verdict_is_final(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, error: EthlogsError | None, is_final: bool
) -> None:
    monkeypatch.setattr(driver, "lose_container_on_signals", lambda _stop: None)
    monkeypatch.setattr(driver, "watch_for_stop", lambda *_: None)
    monkeypatch.setattr(driver, "build_job", lambda *_: FakeJob(error))
    spark = FakeSpark()
    driver.run_driver(RUN, folder, Attempt(1, in_container=True), None, lambda: spark)
    assert spark.properties == ({"ethlogs.lastAttempt": "0"} if is_final else {})


def test_an_attempt_that_finds_a_final_verdict_ends_the_run_for_good(folder: RunFolder) -> None:
    folder.write_json(REPORT, {"exitStatus": 3, "error": "earlier", "hint": None})
    spark = FakeSpark()
    assert driver.run_attempt(RUN, folder, Attempt(2, in_container=True), lambda: spark) == 3
    assert spark.properties == {"ethlogs.lastAttempt": "0"}


class JobUntilStopped(FakeJob):
    """Sends this process a signal, as YARN or a user would, and works until it is asked to end."""

    def __init__(self, stop: StopSwitch, number: signal.Signals | None = None) -> None:
        super().__init__()
        self._stop = stop
        self._number = number

    def run(self) -> None:
        self.ran = True
        if self._number is not None:
            os.kill(os.getpid(), self._number)
        self._stop.pause(30)


def run_until_stopped(
    monkeypatch: pytest.MonkeyPatch,
    folder: RunFolder,
    attempt: Attempt,
    number: signal.Signals | None = None,
) -> JobUntilStopped:
    """Run an attempt; the signal handlers are as before afterwards."""
    jobs: list[JobUntilStopped] = []

    def build(context: RunContext) -> JobUntilStopped:
        jobs.append(JobUntilStopped(context.stop, number))
        return jobs[0]

    monkeypatch.setattr(driver, "build_job", build)
    earlier = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        driver.run_attempt(RUN, folder, attempt, lambda: FakeSpark())
    finally:
        for one, handler in earlier.items():
            signal.signal(one, handler)
    return jobs[0]


def test_a_container_that_yarn_ends_leaves_no_final_report_and_the_next_attempt_runs(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    run_until_stopped(monkeypatch, folder, Attempt(1, in_container=True), signal.SIGTERM)
    report = folder.read_json(REPORT)
    assert report is not None
    assert not is_final(report)
    assert "the driver's container was ended from outside: it received SIGTERM" in report["error"]
    job = FakeJob()
    monkeypatch.setattr(driver, "build_job", lambda *_: job)
    assert driver.run_attempt(RUN, folder, Attempt(2, in_container=True), lambda: FakeSpark()) == 0
    assert job.ran
    assert folder.read_json(REPORT) == {"exitStatus": 0, "error": None}


def test_a_signal_to_a_driver_on_this_machine_is_the_users_and_final(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    run_until_stopped(monkeypatch, folder, Attempt(), signal.SIGTERM)
    assert folder.read_json(REPORT) == {"exitStatus": 143, "error": "interrupted by SIGTERM"}


def test_an_attempt_that_begins_after_the_user_asked_the_run_to_stop_does_nothing(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    folder.request_stop(signal.SIGTERM)
    job = run_until_stopped(monkeypatch, folder, Attempt(2, in_container=True))
    assert not job.ran
    assert folder.read_json(REPORT) == {"exitStatus": 143, "error": "interrupted by SIGTERM"}


class RefusingFolder(RunFolder):
    """A run's folder on an HDFS that refuses some writes: a real one cannot be made to refuse a given one."""

    def refuse(self, name: str, *errors: EthlogsError) -> None:
        self.__dict__.setdefault("refusals", {})[name] = list(errors)

    def write(self, name: str, data: bytes) -> None:
        refusals = self.__dict__.get("refusals", {}).get(name)
        if refusals:
            raise refusals.pop(0)
        super().write(name, data)


@pytest.mark.parametrize(
    "refusal", [KerberosError("no token"), NotAuthorizedError("denied"), HadoopUnavailableError("safe mode")]
)
def test_a_report_that_the_folder_refuses_is_written_again(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, refusal: EthlogsError
) -> None:
    refusing = RefusingFolder(folder.path)
    refusing.refuse(REPORT, refusal, refusal)
    monkeypatch.setattr(driver, "build_job", lambda *_: FakeJob())
    assert driver.run_attempt(RUN, refusing, Attempt(1, in_container=True), lambda: FakeSpark()) == 0
    assert folder.read_json(REPORT) == {"exitStatus": 0, "error": None}


def test_a_run_whose_report_is_refused_for_good_ends_with_its_own_status(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    monkeypatch.setattr(RefusingFolder, "patience_seconds", 0.0)
    refusing = RefusingFolder(folder.path)
    refusing.refuse(REPORT, HadoopUnavailableError("gone"))
    monkeypatch.setattr(driver, "build_job", lambda *_: FakeJob())
    assert driver.run_attempt(RUN, refusing, Attempt(1, in_container=True), lambda: FakeSpark()) == 0
    assert folder.read_json(REPORT) is None


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (InterruptedRunError("interrupted"), "interrupted\n  exit status: 130"),
        (
            UnprovenError("block 7 is wrong", hint="ask another node"),
            "block 7 is wrong\n  what to do: ask another node\n  exit status: 6",
        ),
    ],
)
def test_a_driver_logs_a_known_error_with_its_hint_and_status_and_no_traceback(
    error: EthlogsError,
    logged: str,
    monkeypatch: pytest.MonkeyPatch,
    folder: RunFolder,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(driver, "build_job", lambda *_: FakeJob(error))
    driver.run_driver(RUN, folder, Attempt(), None, FakeSpark)
    (record,) = [one for one in caplog.records if one.name == "ethlogs.driver"]
    assert record.getMessage() == logged
    assert not record.exc_info
    assert "Traceback" not in capsys.readouterr().err


def test_a_driver_logs_the_traceback_of_a_defect(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(driver, "build_job", lambda *_: FakeJob(ZeroDivisionError("by zero")))
    driver.run_driver(RUN, folder, Attempt(), None, FakeSpark)
    assert "Traceback" in capsys.readouterr().err


def test_a_driver_on_this_machine_removes_the_settings_whose_command_cannot(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    folder.write(SETTINGS, to_json(RUN))
    monkeypatch.setattr(driver, "build_job", lambda *_: FakeJob(UnprovenError("no")))
    driver.run_driver(RUN, folder, Attempt(), None, FakeSpark)
    assert folder.read(SETTINGS) is None
    assert folder.read(REPORT) is not None


def test_an_attempt_that_cannot_read_what_became_of_the_earlier_ones_does_not_begin(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    class Unreadable(RunFolder):
        """Never answers."""

        def read(self, name: str) -> bytes | None:
            raise HadoopUnavailableError("the NameNode is gone")

    job = FakeJob()
    monkeypatch.setattr(driver, "build_job", lambda *_: job)
    impatient = replace(RUN, node=NodeSettings(("http://geth",), patience_seconds=0.0))
    unreadable, attempt = Unreadable(folder.path), Attempt(2, in_container=True)
    assert driver.run_attempt(impatient, unreadable, attempt, lambda: FakeSpark()) == 8
    assert not job.ran


def test_the_timeout_is_the_runs_and_not_each_attempts(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    folder.write_json(PROGRESS, {"startedAt": time.time() - 100})
    stops: list[StopSwitch] = []

    def build(context: RunContext) -> FakeJob:
        stops.append(context.stop)
        return FakeJob()

    monkeypatch.setattr(driver, "build_job", build)
    limited = replace(RUN, timeout_seconds=99.0)
    driver.run_attempt(limited, folder, Attempt(2, in_container=True), lambda: FakeSpark())
    report = folder.read_json(REPORT)
    assert report is not None
    assert report["error"] == "the run did not end within --timeout 99 seconds"


def test_a_folder_without_settings_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert driver.main([str(RunFolder.create(tmp_path / "runs").path)]) == ExitStatus.SETTINGS
    assert "settings.json cannot be read: No such file" in caplog.text
    assert "exit status: 3" in caplog.text


def test_a_container_in_which_spark_cannot_be_started_ends_with_its_status_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> object:
        raise SubmissionError("Spark cannot be started: nope", hint="is there a wrong value?")

    (tmp_path / SETTINGS).write_bytes(to_json(RUN))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(driver, "get_context", refuse)
    assert driver.main(["hdfs://namenode/runs/a-run"]) == ExitStatus.SUBMISSION
    assert "nope\n  what to do: is there a wrong value?\n  exit status: 8" in caplog.text


def test_the_reports_status_is_the_drivers(monkeypatch: pytest.MonkeyPatch, folder: RunFolder) -> None:
    spark = FakeSpark()
    assert run_with(monkeypatch, folder, FakeJob(UnprovenError("block 7 is wrong")), spark) == 6
    assert folder.read_json(REPORT) == {"exitStatus": 6, "error": "block 7 is wrong"}
    assert spark.stopped


@pytest.mark.parametrize(
    ("job", "hint"),
    [
        ("produce", "what was committed stays; run the same command again to resume after it"),
        ("smoketest", "no stream was written to; run the same command again"),
    ],
)
def test_only_a_run_of_a_stream_is_said_to_go_on(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, job: str, hint: str
) -> None:
    late = replace(RUN, job=job, timeout_seconds=1e-9)
    folder.write(SETTINGS, to_json(late))

    class LateJob(FakeJob):
        """Looks at the clock."""

        def __init__(self, stop: StopSwitch) -> None:
            super().__init__()
            self.stop = stop

        def run(self) -> None:
            self.stop.check()

        def report(self, error: EthlogsError | None) -> dict[str, Any]:
            return super().report(error) | {"hint": error.hint if error else None}

    monkeypatch.setattr(driver, "get_context", lambda: FakeSpark())
    monkeypatch.setattr(driver, "stop_on_signals", lambda _stop: None)
    monkeypatch.setattr(driver, "build_job", lambda context: LateJob(context.stop))
    assert driver.main([str(folder.path)]) == ExitStatus.DEADLINE
    report = folder.read_json(REPORT)
    assert report is not None
    assert report["hint"] == hint


def test_a_defect_reaches_the_report(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(monkeypatch, folder, FakeJob(ZeroDivisionError("oh"))) == ExitStatus.DEFECT
    report = folder.read_json(REPORT)
    assert report is not None
    assert report["error"] == "a defect of ethlogs: ZeroDivisionError: oh"
    assert "Traceback" in capsys.readouterr().err


def test_progress_is_there_when_the_driver_has_ended(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    run_with(monkeypatch, folder, FakeJob())
    progress = folder.read_json(PROGRESS)
    assert progress is not None
    assert progress["run"] == "a-run"
    assert "the driver is up, with Spark 4.0.0" in progress["notices"][0]["text"]


class ZombieJob(FakeJob):
    """Works while YARN starts the next attempt, which writes its own progress."""

    def __init__(self, folder: RunFolder, stop: StopSwitch) -> None:
        super().__init__()
        self._folder = folder
        self._stop = stop

    def run(self) -> None:
        self._folder.write_json(PROGRESS, {"attempt": 2, "tip": 7})
        self._stop.pause(30)


def test_an_attempt_that_yarn_took_for_lost_ends_with_9_and_leaves_its_successors_files_alone(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    monkeypatch.setattr(driver, "build_job", lambda context: ZombieJob(folder, context.stop))
    status = driver.run_attempt(RUN, folder, Attempt(1, in_container=True), lambda: FakeSpark())
    assert status == ExitStatus.SUPERSEDED
    assert folder.read_json(PROGRESS) == {"attempt": 2, "tip": 7}
    assert folder.read_json(REPORT) is None


def test_a_job_whose_metrics_cannot_be_served_does_not_run(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder
) -> None:
    folder.write(SETTINGS, to_json(replace(RUN, metrics_listen=Address("127.0.0.1", 0))))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    job = FakeJob()
    assert run_with(monkeypatch, folder, job) == ExitStatus.SETTINGS
    report = folder.read_json(REPORT) or {}
    assert "prometheus_client" in report["error"]
    assert not job.ran
