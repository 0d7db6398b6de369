"""One look after the other: each gives a finding, and what rests on one that failed is not looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ethlogs.errors import EthlogsError, ExitStatus

State = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True)
class Finding:
    """What one look found."""

    name: str
    state: State
    text: str
    hint: str | None = None
    seconds: float = 0.0
    exit_status: int = int(ExitStatus.DONE)

    def to_dict(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return {
            "check": self.name,
            "state": self.state,
            "text": self.text,
            "hint": self.hint,
            "seconds": round(self.seconds, 3),
            "exitStatus": self.exit_status,
        }

    def to_lines(self) -> str:
        """The finding for a person."""
        line = f"{self.state:8}{self.name:14}{self.text} ({self.seconds:.1f} s)"
        if self.state == "skipped":
            line = f"{self.state:8}{self.name:14}{self.text}"
        return f"{line}\n{'':22}what to do: {self.hint}" if self.hint else line


class Checkup:
    """Collects findings, and tells each as it comes."""

    def __init__(self, tell: Callable[[Finding], None]) -> None:
        self._tell = tell
        self._failed: set[str] = set()
        self.findings: list[Finding] = []

    @property
    def exit_status(self) -> int:
        """Of the first failure; 0 where there is none."""
        return next((f.exit_status for f in self.findings if f.state == "failed"), int(ExitStatus.DONE))

    def look(self, name: str, see: Callable[[], str], needs: str | None = None) -> bool:
        """Look at one thing: ``see`` says what is there, or raises what is wrong; whether all is well.

        It is skipped where ``needs``, an earlier one, was not found well.
        """
        if needs in self._failed:
            self._keep(Finding(name, "skipped", f"it rests on {needs}"))
            return False
        began_at = time.monotonic()
        try:
            text = see()
        except EthlogsError as exc:
            seconds = time.monotonic() - began_at
            self._keep(Finding(name, "failed", str(exc), exc.hint, seconds, int(exc.exit_status)))
            return False
        self._keep(Finding(name, "ok", text, seconds=time.monotonic() - began_at))
        return True

    def skip(self, name: str, why: str) -> None:
        """Say that something is not looked at, and why."""
        self._keep(Finding(name, "skipped", why))

    def _keep(self, finding: Finding) -> None:
        if finding.state != "ok":
            self._failed.add(finding.name)
        self.findings.append(finding)
        self._tell(finding)
