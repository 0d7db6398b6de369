"""The outcome of a driver whose report could not be written."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ethlogs.errors import SubmissionError
from ethlogs.run_folder import RunFolder
from ethlogs.submission.missing_report import build_missing_report, with_drivers_status


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
