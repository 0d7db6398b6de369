"""How an application ended: by the driver's report, else by YARN's words and the driver's exit status."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from ethlogs.errors import SubmissionError
from ethlogs.run.folder import RunFolder
from ethlogs.submission.outcome import (
    build_failure,
    build_missing_report,
    tells_the_end,
    with_drivers_status,
)
from tests.unit.samples import APPLICATION


def test_a_killed_application_says_who_killed_it() -> None:
    killed = replace(
        APPLICATION, final="KILLED", diagnostics="Application a was killed by user alice at 10.0.0.7"
    )
    assert str(build_failure(killed, "    last")) == (
        "the application application_1700000000000_0001 was killed: user alice at 10.0.0.7 killed it"
    )


@pytest.mark.parametrize(
    ("status", "attempt", "final", "last"),
    [
        (0, 1, "SUCCEEDED", True),
        (0, 1, "KILLED", True),
        (9, 1, "FAILED", True),
        (9, 1, "KILLED", False),
        (6, 2, "FAILED", True),
        (6, 1, "FAILED", False),
        (7, 1, "FAILED", False),
        (143, 1, "FAILED", True),
        (5, 1, "FAILED", False),
        (8, 2, "FAILED", False),
    ],
)
def test_which_report_is_the_last_word(status: int, attempt: int, final: str, last: bool) -> None:
    application = replace(APPLICATION, attempt=2, final=final)
    assert tells_the_end({"exitStatus": status, "attempt": attempt}, application) is last


def test_a_driver_out_of_memory_is_told_to_take_more() -> None:
    failed = replace(APPLICATION, diagnostics="Container is running beyond physical memory limits.")
    error = build_failure(failed, "    last")
    assert "the driver's last lines:\n    last" in str(error)
    assert "--driver-memory" in str(error.hint)
    assert "--driver-memory" not in str(build_failure(APPLICATION, "    last").hint)


@pytest.mark.parametrize(
    ("diagnostics", "status"),
    [
        ("User application exited with status 7", 7),
        ("User application exited with status 1", 8),
        ("User application exited with status 143", 8),
        ("Container exited with a non-zero exit code 137", 8),
    ],
)
def test_a_failed_application_without_a_report_has_its_drivers_status(diagnostics: str, status: int) -> None:
    failed = replace(APPLICATION, final="FAILED", diagnostics=diagnostics)
    assert build_failure(failed, "    last").exit_status == status


def test_a_driver_that_ended_well_is_done(tmp_path: Path) -> None:
    report = build_missing_report(RunFolder(tmp_path))
    assert (report["exitStatus"], report["error"]) == (0, None)
    assert str(tmp_path) in report["reportMissing"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_driver_that_was_asked_to_stop_is_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    folder = RunFolder(tmp_path)
    folder.request_stop(number)
    report = build_missing_report(folder)
    assert report["exitStatus"] == 128 + number
    assert report["error"] == "the run was asked to stop and has ended"


@pytest.mark.parametrize(
    ("status", "expected"), [(1, 8), (2, 2), (7, 7), (12, 12), (13, 8), (137, 8), (143, 8), (-9, 8)]
)
def test_only_what_a_driver_alone_ends_with_is_taken_for_its_status(status: int, expected: int) -> None:
    assert with_drivers_status(SubmissionError("it left no report"), status).exit_status == expected
