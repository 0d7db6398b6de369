"""The driver: an earlier verdict that is final, settings that are missing, a job that must end."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ethlogs import driver
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import EthlogsError, ExitStatus, InterruptedRunError, SettingsError, UnprovenError
from ethlogs.run_folder import PROGRESS, REPORT, SETTINGS, RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, to_json
from ethlogs.settings.job import JobKind

RUN = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))


class FakeSpark:
    """Stands for a SparkContext, which takes seconds to start."""

    version = "4.0.0"

    def __init__(self) -> None:
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class FakeJob:
    """Ends as it is told to."""

    kind: ClassVar[JobKind] = JobKind("fake")

    def __init__(self, error: BaseException | None = None, wait: threading.Event | None = None) -> None:
        self._error = error
        self._wait = wait
        self.ran = False

    def run(self) -> None:
        self.ran = True
        if self._wait is not None:
            self._wait.wait(30)
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
    monkeypatch.setattr(driver, "start_spark", lambda _run: spark)
    monkeypatch.setattr(driver, "stop_on_signals", lambda _stop: None)
    monkeypatch.setattr(driver, "_watch_for_stop", lambda _folder, _stop: None)
    monkeypatch.setattr(driver, "build_job", lambda *_: job)
    return driver.main([str(folder.path)])


@pytest.mark.parametrize("status", [0, 3, 5, 9, 10, 11, 143])
def test_an_attempt_ends_with_an_earlier_ones_final_verdict(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, status: int
) -> None:
    folder.write_json(REPORT, {"exitStatus": status, "error": "earlier"})
    job = FakeJob()
    assert run_with(monkeypatch, folder, job) == status
    assert not job.ran
    assert folder.read_json(REPORT) == {"exitStatus": status, "error": "earlier"}


@pytest.mark.parametrize("status", [1, 6, 7])
def test_an_attempt_tries_again_after_a_verdict_that_is_not_final(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, status: int
) -> None:
    folder.write_json(REPORT, {"exitStatus": status, "error": "earlier"})
    assert run_with(monkeypatch, folder, FakeJob()) == 0
    assert folder.read_json(REPORT) == {"exitStatus": 0, "error": None}


def test_a_folder_without_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"settings\.json cannot be read: No such file"):
        driver.main([str(RunFolder.create(tmp_path / "runs").path)])


def test_the_reports_status_is_the_drivers(monkeypatch: pytest.MonkeyPatch, folder: RunFolder) -> None:
    spark = FakeSpark()
    assert run_with(monkeypatch, folder, FakeJob(UnprovenError("block 7 is wrong")), spark) == 6
    assert folder.read_json(REPORT) == {"exitStatus": 6, "error": "block 7 is wrong"}
    assert spark.stopped


@pytest.mark.parametrize(
    ("job", "hint"),
    [
        ("produce", "what was committed stays; run the same command again to go on after it"),
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

    monkeypatch.setattr(driver, "start_spark", lambda _run: FakeSpark())
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


def test_a_job_that_does_not_end_when_it_is_asked_to_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "_STOP_SECONDS", 0.05)
    never, stop = threading.Event(), StopSwitch()
    threading.Timer(0.05, stop.request, (15, "asked to")).start()
    with pytest.raises(InterruptedRunError, match="asked to"):
        driver.run_stoppable(FakeJob(wait=never), stop)
    never.set()


def test_a_job_that_is_done_before_it_hears_of_the_request_is_done() -> None:
    stop = StopSwitch()
    stop.request(15, "asked to")
    driver.run_stoppable(FakeJob(), stop)
