"""One look at a run, and the places where runs are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ethlogs.errors import (
    DeadlineError,
    DeliveryError,
    DifferenceError,
    EthlogsError,
    ExitStatus,
    InterruptedRunError,
    KerberosError,
    NodeError,
    OutcomeUnknownError,
    PackError,
    SettingsError,
    SubmissionError,
    SupersededError,
    UsageError,
)

State = Literal["waiting", "starting", "running", "done", "stopped", "failed"]
ENDED: frozenset[State] = frozenset({"done", "stopped", "failed"})
_STOPPED = (ExitStatus.SIGINT, ExitStatus.SIGTERM)
_ERRORS: Mapping[int, type[EthlogsError]] = {
    error.exit_status: error
    for error in (
        *(UsageError, SettingsError, PackError, KerberosError, NodeError, DeliveryError, SubmissionError),
        *(SupersededError, DifferenceError, DeadlineError, OutcomeUnknownError),
    )
}


@dataclass(frozen=True)
class Look:
    """A run as it was seen."""

    state: State
    progress: dict[str, Any] | None
    report: dict[str, Any] | None = None
    error: EthlogsError | None = None
    """Why it failed."""

    @property
    def ended(self) -> bool:
        """Whether the run has ended, however."""
        return self.state in ENDED


class Looking(Protocol):
    """A run that can be looked at now."""

    def look(self) -> Look:
        """Look once."""

    def stop(self, seconds: float) -> None:
        """Ask the driver to end after the current block, and wait."""

    def log(self) -> str:
        """Return the driver's output."""


class Place(Protocol):
    """The place of a run: this machine, or YARN."""

    @property
    def application(self) -> str | None:
        """The id of its YARN application; ``None`` for a run on this machine."""

    @property
    def fresh_seconds(self) -> float:
        """How long a look counts, for attributes that are read one after the other."""

    def opened(self) -> AbstractContextManager[Looking]:
        """Hold what a look needs."""


def see_report(report: dict[str, Any], progress: dict[str, Any] | None) -> Look:
    """Return the look at a run with a report: an end that the user asked for is not a failure."""
    status = int(report["exitStatus"])
    if status == ExitStatus.DONE:
        return Look("done", progress, report)
    if status in _STOPPED:
        return Look("stopped", progress, report)
    return Look("failed", progress, report, build_error(report))


def see_failure(error: EthlogsError, progress: dict[str, Any] | None) -> Look:
    """Return the look at a run that ended without a report."""
    state: State = "stopped" if isinstance(error, InterruptedRunError) else "failed"
    return Look(state, progress, error=error)


def see_progress(progress: dict[str, Any] | None) -> Look:
    """Return the look at a run that continues: a driver's first words are that it is up."""
    return Look("running" if progress and progress.get("notices") else "starting", progress)


def build_error(report: Mapping[str, Any]) -> EthlogsError:
    """Return the error of a report, of the class that has its exit status."""
    kind = _ERRORS.get(int(report["exitStatus"]), EthlogsError)
    return kind(str(report["error"]), hint=report["hint"])
