"""Runs on this machine: found by their stream, and asked to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ethlogs.errors import SubmissionError
from ethlogs.run.folder import COMMAND, PROGRESS, RunFolder, list_run_folders
from ethlogs.settings.submission import STREAM_JOBS
from ethlogs.submission.applications import which_job

_ALIVE_SECONDS = 15.0
"""A driver writes its progress four times a second; a busy disk may hold it up."""
_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class WantedRuns:
    """The runs that are wanted."""

    topic: str
    servers: str | None
    """``None`` means on any cluster."""
    job: str | None = None
    """``None`` means every job that writes the stream."""


def find_local_runs(base: Path, wanted: WantedRuns) -> list[RunFolder]:
    """Return the runs of a stream whose drivers are alive.

    Raises
    ------
    SettingsError
        When there are some of several jobs, and none was named.
    """
    folders = reversed(list_run_folders(base))
    found = [one for one in folders if one.read_report() is None and is_alive(one) and _is_of(one, wanted)]
    if len({_noted(folder).get("job") for folder in found}) > 1:
        raise which_job(" and ".join(f"{folder.run} ({_noted(folder)['job']})" for folder in found))
    return found


def is_alive(folder: RunFolder) -> bool:
    """Return whether a driver has written its progress just now."""
    at = (folder.read_json(PROGRESS) or {}).get("at")
    return isinstance(at, int | float) and time.time() - at < _ALIVE_SECONDS


def _noted(folder: RunFolder) -> dict[str, Any]:
    return folder.read_json(COMMAND) or {}


def _is_of(folder: RunFolder, wanted: WantedRuns) -> bool:
    noted = _noted(folder)
    jobs = STREAM_JOBS if wanted.job is None else (wanted.job,)
    if noted.get("job") not in jobs or noted.get("topic") != wanted.topic:
        return False
    return wanted.servers is None or _names(str(noted.get("bootstrapServers"))) == _names(wanted.servers)


def _names(servers: str) -> list[str]:
    return sorted(server.strip().lower().rpartition("://")[2] for server in servers.split(","))


def end_local_run(
    folder: RunFolder, signal_number: int, seconds: float, pause: Callable[[float], None] = time.sleep
) -> int | None:
    """Ask a driver to end after the current block, and wait; return the stream's tip, if it has one.

    Raises
    ------
    SubmissionError
        When it has not ended in time.
    """
    folder.request_stop(signal_number)
    deadline = time.monotonic() + seconds
    while folder.read_report() is None:
        if time.monotonic() >= deadline:
            raise SubmissionError(
                f"the run {folder.run} has not ended within {seconds:g} seconds",
                hint=f"its log is {folder.log}; it is killed by a second Ctrl-C where it runs, or by:"
                f" kill {_noted(folder).get('pid')}, twice",
            )
        pause(_POLL_SECONDS)
    tip = (folder.read_report() or {}).get("tip") or {}
    number = tip.get("number")
    return number if isinstance(number, int) else None
