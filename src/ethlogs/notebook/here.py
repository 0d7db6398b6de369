"""A run on this machine, met in its folder."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ethlogs.errors import OutcomeUnknownError, SubmissionError
from ethlogs.notebook.look import Look, see_failure, see_progress, see_report
from ethlogs.run.command import is_command_gone
from ethlogs.run.folder import COMMAND, PROGRESS, RunFolder
from ethlogs.submission.local import last_lines
from ethlogs.submission.local_runs import end_local_run, is_alive


@dataclass(frozen=True)
class RunHere:
    """A run on this machine."""

    folder: RunFolder
    application: None = None
    fresh_seconds: ClassVar[float] = 0.0

    @contextlib.contextmanager
    def opened(self) -> Iterator[RunHere]:
        """Yield itself: a look reads two files."""
        yield self

    def look(self) -> Look:
        """Look once."""
        # The report first: with it the progress is the last one.
        report = self.folder.read_report()
        progress = self.folder.read_json(PROGRESS)
        if report is not None:
            return see_report(report, progress)
        if not self.folder.path.is_dir():
            return see_failure(self._build_removed(), progress)
        if is_command_gone(self.folder.read_json(COMMAND)) and not is_alive(self.folder):
            return see_failure(self._build_lost(), progress)
        return see_progress(progress)

    def stop(self, seconds: float) -> None:
        """Ask the driver to end after the current block, and wait."""
        end_local_run(self.folder, signal.SIGTERM, seconds)

    def log(self) -> str:
        """Return the driver's output so far."""
        try:
            return self.folder.log.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def _build_removed(self) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"the outcome of the run {self.folder.run} is unknown: its folder {self.folder.path} was removed,"
            " as ethlogs clean does with old runs",
            hint="ethlogs status shows the stream's tip; what was committed stays, and the same command"
            " resumes after it",
        )

    def _build_lost(self) -> SubmissionError:
        return SubmissionError(
            f"the run {self.folder.run} ended without a report: its processes are gone, as after a restart of"
            f" the machine; the driver's last lines:\n{last_lines(self.folder)}",
            hint="what was committed stays; the same command resumes after it",
        )
