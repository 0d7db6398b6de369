"""The true outcome of a driver whose report could not be written: its exit status says it."""

from __future__ import annotations

from typing import Any

from ethlogs.errors import ExitStatus, SubmissionError
from ethlogs.run_folder import STOP, RunFiles

_DRIVERS = range(ExitStatus.USAGE, ExitStatus.UNKNOWN + 1)
"""Exit statuses that only the driver gives: spark-submit and Python have 1 for everything, signals more."""


def build_missing_report(folder: RunFiles) -> dict[str, Any]:
    """Return what is known of a driver that ended with status 0, in place of its report."""
    request = folder.read_json(STOP)
    status = ExitStatus.DONE if request is None else ExitStatus(128 + int(request["signal"]))
    return {
        "exitStatus": int(status),
        "error": None if request is None else "the run was asked to stop and has ended",
        "hint": None if request is None else "run the same command again to resume",
        "reportMissing": f"the driver ended as asked, but its report could not be written to {folder.place}",
    }


def with_drivers_status(error: SubmissionError, status: int) -> SubmissionError:
    """Return the error with the driver's own exit status, where that is one."""
    if status in _DRIVERS:
        error.exit_status = ExitStatus(status)
    return error
