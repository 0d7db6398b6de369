"""What an attempt writes, and what it leaves to a later one. Spark's JVM is a fake."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from py4j.protocol import Py4JNetworkError

from ethlogs.driver.attempt_folder import AttemptFolder
from ethlogs.errors import ExitStatus
from ethlogs.run.attempt import Attempt
from ethlogs.run.folder import PROGRESS, REPORT, RunFolder


class FolderOnHdfs(RunFolder):
    """A run's folder that has the files that the run was started with, as one on HDFS may have."""

    has_files = True

    def remove_files(self) -> None:
        self.has_files = False


class FakeSpark:
    """A SparkContext in the application master's JVM."""

    def __init__(self) -> None:
        self.properties: dict[str, str] = {}
        system = SimpleNamespace(setProperty=self.set_property)
        self._jvm = SimpleNamespace(java=SimpleNamespace(lang=SimpleNamespace(System=system)))

    def set_property(self, name: str, value: str) -> None:
        self.properties[name] = value


class GoneSpark(FakeSpark):
    """One whose JVM was killed."""

    def set_property(self, name: str, value: str) -> None:
        raise Py4JNetworkError("Answer from Java side is empty")


@pytest.fixture
def files(tmp_path: Path) -> FolderOnHdfs:
    return FolderOnHdfs(tmp_path)


def first_of(files: FolderOnHdfs) -> AttemptFolder:
    return AttemptFolder(files, Attempt(1, in_container=True))


def test_an_attempt_writes_until_a_later_one_does(files: FolderOnHdfs) -> None:
    first, second = first_of(files), AttemptFolder(files, Attempt(2, in_container=True))
    assert first.write_progress({"attempt": 1, "tip": 5}) is None
    assert second.write_progress({"attempt": 2, "tip": 6}) is None
    assert first.write_progress({"attempt": 1, "tip": 7}) == 2
    first.write_report({"exitStatus": 9})
    assert files.read_json(PROGRESS) == {"attempt": 2, "tip": 6}
    assert files.read_json(REPORT) is None
    second.write_report({"exitStatus": 0})
    assert files.read_json(REPORT) == {"exitStatus": 0}


def test_a_driver_on_this_machine_has_no_later_attempt(files: FolderOnHdfs) -> None:
    files.write_json(PROGRESS, {"attempt": 2})
    assert AttemptFolder(files, Attempt()).write_progress({"attempt": 1}) is None


@pytest.mark.parametrize(
    ("status", "latest", "removed", "is_last"),
    [
        (ExitStatus.DONE, 1, True, True),
        (ExitStatus.SETTINGS, 1, True, True),
        (ExitStatus.SUPERSEDED, 1, True, False),
        (ExitStatus.DONE, 2, False, False),
    ],
    ids=["done", "final", "superseded, perhaps by an attempt", "done while a later attempt runs"],
)
def test_what_a_run_has_goes_when_no_attempt_needs_it_any_more(
    files: FolderOnHdfs, status: ExitStatus, latest: int, removed: bool, is_last: bool
) -> None:
    files.write_json(PROGRESS, {"attempt": latest})
    spark = FakeSpark()
    first_of(files).end_for_good({"exitStatus": int(status)}, spark)
    assert files.has_files != removed
    assert spark.properties == ({"ethlogs.lastAttempt": "0"} if is_last else {})


def test_a_jvm_that_is_gone_ends_nothing_and_is_not_asked_on_this_machine(
    files: FolderOnHdfs, caplog: pytest.LogCaptureFixture
) -> None:
    first_of(files).end_for_good({"exitStatus": 0}, GoneSpark())
    assert "telling Spark that the run has ended" in caplog.text
    no_spark: Any = None
    AttemptFolder(files, Attempt()).end_for_good({"exitStatus": 0}, no_spark)
