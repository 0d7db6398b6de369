"""One check after the other: each gives a finding, and what needs a failed one is skipped."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import msgspec

from ethlogs.counted import counted
from ethlogs.errors import EthlogsError, ExitStatus

State = Literal["ok", "warning", "failed", "skipped"]
Place = Literal["here", "container"]


class Warned(NamedTuple):
    """A finding that a run can work with, and that a user should know."""

    text: str
    hint: str | None = None


class Finding(msgspec.Struct, frozen=True, rename="camel"):
    """The result of one check; names as in ``--json``."""

    name: str = msgspec.field(name="check")
    state: State
    text: str
    hint: str | None = None
    seconds: float = 0.0
    exit_status: int = int(ExitStatus.DONE)
    where: Place = "here"

    def to_lines(self) -> str:
        """Return the finding for a person."""
        line = f"{self.state:8}{self.name:14}{self.text}"
        if self.state != "skipped":
            line = f"{line} ({self.seconds:.1f} s)"
        return f"{line}\n{'':22}what to do: {self.hint}" if self.hint else line


class CheckReport(msgspec.Struct, frozen=True, rename="camel"):
    """The findings of a checkup; names as in report.json and ``--json``."""

    exit_status: int
    error: str | None
    hint: str | None
    run: str | None
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def build_report(
    findings: tuple[Finding, ...], run: str | None = None, error: EthlogsError | None = None
) -> CheckReport:
    """Build the report: its exit status is that of the error that ended it, else of the first failure."""
    first = next((finding for finding in findings if finding.state == "failed"), None)
    if error is not None:
        return CheckReport(int(error.exit_status), str(error), error.hint, run, findings)
    if first is not None:
        return CheckReport(first.exit_status, f"{first.name}: {first.text}", first.hint, run, findings)
    return CheckReport(int(ExitStatus.DONE), None, None, run, findings)


def format_verdict(report: CheckReport) -> str:
    """Return how many of the checks have which result."""
    states = [finding.state for finding in report.findings]
    warnings = states.count("warning")
    said = [f"{states.count('ok')} ok"]
    if warnings:
        said.append(counted(warnings, "warning"))
    return ", ".join([*said, f"{states.count('failed')} failed", f"{states.count('skipped')} skipped"])


class Checkup:
    """Collects findings, and reports each as it comes."""

    def __init__(self, tell: Callable[[Finding], None], where: Place = "here") -> None:
        self._tell = tell
        self._where = where
        self._failed: set[str] = set()
        self.findings: list[Finding] = []

    @property
    def exit_status(self) -> int:
        """The exit status of the first failure; 0 where there is none."""
        return build_report(tuple(self.findings)).exit_status

    def has_failed(self, *names: str) -> bool:
        """Return whether one of these checks failed, or was skipped."""
        return not self._failed.isdisjoint(names)

    def look(self, name: str, see: Callable[[], str | Warned], needs: str | None = None) -> bool:
        """Check one thing; return whether it can be used. ``see`` returns what is there or raises.

        The check is skipped where ``needs``, an earlier one, failed.
        """
        if needs in self._failed:
            self._keep(name, "skipped", f"it needs {needs}")
            return False
        began_at = time.monotonic()
        try:
            seen = see()
        except EthlogsError as exc:
            seconds = time.monotonic() - began_at
            self._keep(name, "failed", str(exc), exc.hint, seconds, int(exc.exit_status))
            return False
        seconds = time.monotonic() - began_at
        if isinstance(seen, Warned):
            self._keep(name, "warning", seen.text, seen.hint, seconds)
        else:
            self._keep(name, "ok", seen, seconds=seconds)
        return True

    def skip(self, name: str, why: str) -> None:
        """Say that something is not checked, and why."""
        self._keep(name, "skipped", why)

    def _keep(
        self,
        name: str,
        state: State,
        text: str,
        hint: str | None = None,
        seconds: float = 0.0,
        exit_status: int = int(ExitStatus.DONE),
    ) -> None:
        if state in ("failed", "skipped"):
            self._failed.add(name)
        finding = Finding(name, state, text, hint, round(seconds, 3), exit_status, self._where)
        self.findings.append(finding)
        self._tell(finding)
