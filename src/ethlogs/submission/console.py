"""The console of a launch: its messages, and its outcome."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from ethlogs.notify import Notify
from ethlogs.submission.run_note import RunNote


class Display(Protocol):
    """Shows what happens while a run is watched."""

    def tell(self, text: str) -> None:
        """Show a message."""

    def show(self, progress: dict[str, Any]) -> None:
        """Show a snapshot of progress.json."""

    def show_bytes(self, what: str, done: int, total: int | None) -> None:
        """Show how far packing or an upload is."""


@dataclass(frozen=True)
class Console:
    """The output of a launch to its user."""

    notify: Notify
    """Shows a message, unless the user wants quiet."""

    warn: Notify
    """Shows a message in any case."""

    display: AbstractContextManager[Display]


@dataclass(frozen=True)
class Outcome:
    """The outcome of a launch: a report, a run that is not waited for, or what a dry run would start."""

    report: dict[str, Any] | None = None
    text: str = ""
    """The id of an application or a run that is not waited for, or what a dry run prints."""

    plan: dict[str, Any] | None = None
    """The same of a dry run, for ``--json``: ``command``, or ``livyBatch``."""

    started: RunNote | None = None
    """The run that is not waited for."""

    output: str | None = None
    """The driver's whole output, where it was asked for."""

    last_lines: str | None = None
    """The end of the output of a driver on this machine."""
