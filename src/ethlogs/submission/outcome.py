"""The true outcome of an application that has ended: the driver's report, else what YARN and its log say."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from ethlogs.errors import EthlogsError, ExitStatus, InterruptedRunError, SubmissionError
from ethlogs.hadoop.applications import Application, Applications
from ethlogs.run.folder import STOP, RunFiles
from ethlogs.run.verdicts import is_final
from ethlogs.submission.attempt_end import read_end
from ethlogs.submission.causes import find_cause

_LAST_LINES = 15
_LOG_SECONDS = 20.0
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


def tells_the_end(report: dict[str, Any], application: Application) -> bool:
    """Return whether a report is the last word on its application.

    No report but a success is where the application was killed. One that is not final is not, where a later
    attempt ended without a report, or where the driver lost its container (8): YARN knows why.
    """
    if report["exitStatus"] == ExitStatus.DONE:
        return True
    is_earlier = report.get("attempt", application.attempt) < application.attempt
    return application.final != "KILLED" and (is_final(report) or (knows_why(report) and not is_earlier))


def knows_why(report: dict[str, Any]) -> bool:
    """Return whether a driver's report says why it ended: why it lost its container, YARN knows better."""
    return bool(report["exitStatus"] != ExitStatus.SUBMISSION)


def build_failure(application: Application, last_lines: str) -> SubmissionError:
    """Return why an application ended without a report, by YARN's words and the driver's last lines."""
    end = read_end(application.diagnostics)
    reason = f"YARN says {application.final}" if end is None else end.sentence
    if application.final == "KILLED":
        return SubmissionError(
            f"the application {application.id} was killed: {reason}",
            hint="what was committed stays; run the same command again to resume after it",
        )
    hint = "what was committed stays; the same command resumes after it"
    if (end is not None and end.is_memory) or "OutOfMemoryError" in last_lines:
        hint = f"give the driver more memory, with --driver-memory or spark.driver.memoryOverhead; {hint}"
    error = SubmissionError(
        f"the application {application.id} failed in attempt {application.attempt}: {reason};"
        f" the driver's last lines:\n{last_lines}",
        hint=hint,
    )
    return (
        error if end is None or end.drivers_status is None else with_drivers_status(error, end.drivers_status)
    )


def as_asked(error: SubmissionError, request: dict[str, Any] | None) -> EthlogsError:
    """Return the error of an application without a report as an interruption, if it was asked to stop."""
    if request is None:
        return error
    return InterruptedRunError(str(error), signal_number=int(request["signal"]), hint=error.hint)


def read_last_lines(applications: Applications, application_id: str) -> str:
    """The end of the driver's output, once YARN has collected it."""
    deadline = time.monotonic() + _LOG_SECONDS
    text = None
    while text is None and time.monotonic() < deadline:
        with contextlib.suppress(SubmissionError):
            text = applications.read_aggregated_log(application_id)
        if text is None:
            time.sleep(1)
    lines = (text or "").splitlines()[-_LAST_LINES:]
    cause = find_cause(text or "", lines)
    if cause is not None:
        lines = [cause, "…", *lines]
    return "\n".join(f"    {line}" for line in lines) or "    (no output)"


def with_drivers_status(error: SubmissionError, status: int) -> SubmissionError:
    """Return the error with the driver's own exit status, where that is one."""
    if status in _DRIVERS:
        error.exit_status = ExitStatus(status)
    return error
