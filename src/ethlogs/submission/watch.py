"""Watching an application until it ends."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ethlogs.errors import (
    DeadlineError,
    EthlogsError,
    HadoopError,
    HadoopUnavailableError,
    InterruptedRunError,
    KerberosError,
    OutcomeUnknownError,
    SubmissionError,
)
from ethlogs.hadoop.applications import Application, Applications
from ethlogs.notify import Notify, ShowProgress
from ethlogs.run.folder import PROGRESS, STOP, RunFiles
from ethlogs.submission.attempt_end import read_end
from ethlogs.submission.outcome import (
    as_asked,
    build_failure,
    build_missing_report,
    knows_why,
    read_last_lines,
    tells_the_end,
)

_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 60.0
_SECOND_SIGNAL_SECONDS = 3.0
_STOP_SECONDS = 60.0
_FIGURES = re.compile(r" (?:Details|Last Node which was processed for the application) :")
_WAITS = {
    "waiting for AM container to be allocated": "waiting for a container",
    "Application is Activated, waiting for resources to be assigned for AM": "waiting for a container",
    "AM container is launched": "the driver's container is starting",
}
"""What YARN says of an application whose driver is to come, "AM", beside what it does."""


@dataclass(frozen=True)
class Limits:
    """The times to wait, in seconds; ``None`` is without end."""

    run: float | None
    """For the whole run (``--timeout``)."""
    submit: float | None
    """For resources (``--submit-timeout``)."""
    grace: float = 0.0
    """Beyond ``run``, for a driver that has begun and ends itself at its own limit."""


class Watcher:
    """Follows one application from its submission to its end."""

    def __init__(
        self,
        applications: Applications,
        folder: RunFiles,
        application_id: str,
        say: Notify,
        show_progress: ShowProgress,
    ) -> None:
        self._applications = applications
        self._folder = folder
        self._id = application_id
        self._say = say
        self._show_progress = show_progress
        self._told = ""
        self._attempt: int | None = None
        """The highest attempt seen; ``None`` before the first look."""
        self._is_silent = False
        self._alive: Application | None = None
        """The application as YARN has just described it, while it has not ended."""
        self._answered = time.monotonic()

    def wait(self, limits: Limits) -> dict[str, Any]:
        """Show what happens until the application has ended; returns the driver's report.

        Raises
        ------
        SubmissionError
            When it ended without a report, with YARN's reason and the driver's last lines.
        OutcomeUnknownError
            When YARN cannot be asked any more.
        DeadlineError
            When it did not end in time; it was stopped.
        InterruptedRunError
            When this process was asked to end: the application continues. Also when it ended without a
            report and the user had asked it to stop.
        """
        begun = time.monotonic()
        with _noted_signals() as signals:
            while True:
                report = self.ask()
                if report is not None:
                    return report
                if self._alive is not None:
                    self._check_limits(self._alive, limits, time.monotonic() - begun)
                self._pause(signals)

    def wait_for_container(self, seconds: float) -> None:
        """Show what happens until the driver has a container, or has ended with a report.

        Raises
        ------
        SubmissionError
            When it got no container in time, and was ended; or as :meth:`wait` does.
        OutcomeUnknownError
            When YARN cannot be asked any more.
        """
        begun = time.monotonic()
        while self.ask() is None:
            if self._alive is not None:
                if not _has_no_container(self._alive):
                    return
                self._check_limits(self._alive, Limits(None, seconds), time.monotonic() - begun)
            time.sleep(_POLL_SECONDS)

    @property
    def application(self) -> Application | None:
        """The application as YARN has just described it; ``None`` where it has ended or YARN is away."""
        return self._alive

    def ask(self) -> dict[str, Any] | None:
        """Ask the cluster once; returns the report of an application that has ended.

        Neither a cluster that is away nor a ticket that has expired says anything about the application.

        Raises
        ------
        SubmissionError, OutcomeUnknownError, InterruptedRunError
            As :meth:`wait` does.
        """
        self._alive = None
        try:
            report = self._look()
        except (HadoopUnavailableError, KerberosError) as exc:
            self._tell_silence(exc)
            if time.monotonic() - self._answered > _PATIENCE_SECONDS:
                raise self._unknown(exc) from exc
            return None
        self._answered, self._is_silent = time.monotonic(), False
        return report

    def _tell_silence(self, exc: EthlogsError) -> None:
        if not self._is_silent:
            self._is_silent = True
            what = exc.hint if isinstance(exc, KerberosError) else "asking again"
            self._say(f"{exc}; the application {self._id} continues without this command: {what}")

    def _look(self) -> dict[str, Any] | None:
        application = self._applications.describe(self._id)
        self._tell_lost_attempts(application)
        with contextlib.suppress(HadoopError, KerberosError):
            # HDFS may be away while YARN says that the application continues.
            progress = self._folder.read_json(PROGRESS)
            if progress is not None:
                self._show_progress(progress)
        if application.ended:
            return self._outcome(application)
        self._tell_state(application)
        self._alive = application
        return None

    def _unknown(self, exc: EthlogsError) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"the application {self._id} cannot be watched any more: {exc}",
            hint=f"it may still be running: ethlogs status --application {self._id}",
        )

    def _tell_lost_attempts(self, application: Application) -> None:
        """Notify of each container that YARN has replaced, and why, also of one between two looks."""
        seen = application.attempt if self._attempt is None else self._attempt
        for lost in range(max(seen, 1), application.attempt):
            self._say(
                f"attempt {lost} has ended: {self._describe_attempts_end(lost)}; attempt {lost + 1} resumes"
                " after what was committed"
            )
        self._attempt = max(seen, application.attempt)

    def _describe_attempts_end(self, attempt: int) -> str:
        """Say why an attempt ended: by its own report, where it could write one, else by YARN's words."""
        with contextlib.suppress(EthlogsError):
            report = self._folder.read_report()
            if (
                report is not None
                and report.get("attempt") == attempt
                and knows_why(report)
                and report["error"]
            ):
                return str(report["error"])
        end = None
        with contextlib.suppress(EthlogsError):
            end = read_end(self._applications.attempt_diagnostics(self._id, attempt))
        return "YARN does not say why" if end is None else end.sentence

    def _tell_state(self, application: Application) -> None:
        state = f"application {application.id} is {application.state}"
        if application.state == "RUNNING":
            state += f", attempt {application.attempt}: {application.tracking_url}"
        elif application.diagnostics:
            state += f" in the queue {application.queue}: {_waits_for(application.diagnostics)}"
        if state != self._told:
            self._told = state
            self._say(state)
            if application.state == "RUNNING":
                self._tell_log()

    def _tell_log(self) -> None:
        with contextlib.suppress(SubmissionError):
            url = self._applications.log_url(self._id)
            if url:
                self._say(f"the driver's log: {url}, or ethlogs tail --application {self._id}")

    def _check_limits(self, application: Application, limits: Limits, seconds: float) -> None:
        try:
            self._end_late(application, limits, seconds)
        except (HadoopUnavailableError, KerberosError) as exc:
            raise self._unknown(exc) from exc

    def _end_late(self, application: Application, limits: Limits, seconds: float) -> None:
        waits = _has_no_container(application)
        if waits and limits.submit is not None and seconds > limits.submit:
            self._applications.kill(self._id, "ethlogs: no resources within --submit-timeout")
            raise SubmissionError(
                f"the application got no container within --submit-timeout {limits.submit:g} seconds"
                f" and was ended; {self._describe_queue(application)}",
                hint="ask for less (--driver-memory), another --queue, or wait longer",
            )
        if limits.run is not None and seconds > limits.run + (0.0 if waits else limits.grace):
            end_application(self._applications, self._folder, self._id, _STOP_SECONDS)
            raise DeadlineError(
                f"the application {self._id} did not end within --timeout; it was stopped",
                hint="what was committed stays; run the same command again to resume after it",
            )

    def _describe_queue(self, application: Application) -> str:
        queue = self._applications.describe_queue(application.queue)
        reason = _waits_for(application.diagnostics)
        if queue is None:
            return reason
        return (
            f"the queue {queue.name} is {queue.state}, {queue.used:.0%} of its {queue.capacity:.0%} share"
            f" of the cluster are in use; {reason}"
        )

    def _pause(self, signals: list[int]) -> None:
        deadline = time.monotonic() + _POLL_SECONDS
        while time.monotonic() < deadline and not signals:
            time.sleep(0.05)
        if not signals:
            return
        self._say(
            f"interrupted: the application {self._id} continues; interrupt again within"
            f" {_SECOND_SIGNAL_SECONDS:g} seconds to stop it too"
        )
        deadline = time.monotonic() + _SECOND_SIGNAL_SECONDS
        while time.monotonic() < deadline and len(signals) < 2:
            time.sleep(0.05)
        what = "is still running"
        if len(signals) > 1:
            what = self._request_stop(signals[0])
        raise InterruptedRunError(
            f"interrupted by {signal.Signals(signals[0]).name}; the application {self._id} {what}",
            signal_number=signals[0],
            hint=f"watch it: ethlogs tail --application {self._id}; end it: ethlogs stop --application"
            f" {self._id}",
        )

    def _request_stop(self, number: int) -> str:
        try:
            self._folder.request_stop(number)
        except (HadoopError, KerberosError) as exc:
            return f"is still running and could not be asked to stop ({exc})"
        return "was asked to stop after the current block"

    def _outcome(self, application: Application) -> dict[str, Any]:
        report = self._folder.read_report()
        if report is not None and tells_the_end(report, application):
            return report
        if application.final == "SUCCEEDED":
            return build_missing_report(self._folder)
        # YARN says who killed it; where no container ran there is no log to wait for
        killed = application.final == "KILLED"
        lines = "" if killed else read_last_lines(self._applications, self._id)
        raise as_asked(build_failure(application, lines), self._folder.read_json(STOP))


def end_application(
    applications: Applications, folder: RunFiles, application_id: str, seconds: float
) -> bool:
    """Ask a driver to end after the current block, kill it after ``seconds``; whether it ended by itself.

    An application whose driver does not run yet is killed at once.
    """
    if applications.describe(application_id).state != "RUNNING":
        with contextlib.suppress(HadoopError, KerberosError):
            # for the command that watches it: it is then an interruption, and not a failure
            folder.request_stop(signal.SIGTERM)
        applications.kill(application_id, "ethlogs: stopped before its driver ran")
        return False
    folder.request_stop(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if applications.describe(application_id).ended:
            return True
        time.sleep(_POLL_SECONDS / 2)
    applications.kill(application_id, f"ethlogs: did not end within {seconds:g} seconds")
    return False


def _has_no_container(application: Application) -> bool:
    return application.state in ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED")


def _waits_for(diagnostics: str) -> str:
    """Say what an application waits for; where YARN's words are not known, in them without figures."""
    text = re.sub(r"^\[[^]]*\]\s*", "", " ".join(diagnostics.split()))
    known = next((sentence for words, sentence in _WAITS.items() if words in text), None)
    return known or _FIGURES.split(text)[0][:300]


@contextlib.contextmanager
def _noted_signals() -> Iterator[list[int]]:
    noted: list[int] = []

    def handle(number: int, _frame: object) -> None:
        noted.append(number)

    earlier = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield noted
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
