"""Runs on this machine: found by their stream, and asked to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ethlogs.errors import SubmissionError
from ethlogs.run_command import COMMAND
from ethlogs.run_folder import PROGRESS, REPORT, RunFolder

_ALIVE_SECONDS = 15.0
"""A driver writes its progress four times a second; a busy disk may hold it up."""
_POLL_SECONDS = 0.25


def find_local_runs(base: Path, topic: str, servers: str | None) -> list[RunFolder]:
    """Return the runs of a stream whose drivers are alive; ``servers`` ``None`` means on any cluster."""
    found = []
    for path in sorted(base.iterdir(), reverse=True) if base.is_dir() else []:
        folder = RunFolder(path)
        if folder.read_json(REPORT) is None and _is_alive(folder) and _is_of(folder, topic, servers):
            found.append(folder)
    return found


def _is_alive(folder: RunFolder) -> bool:
    at = (folder.read_json(PROGRESS) or {}).get("at")
    return isinstance(at, int | float) and time.time() - at < _ALIVE_SECONDS


def _is_of(folder: RunFolder, topic: str, servers: str | None) -> bool:
    noted = folder.read_json(COMMAND) or {}
    if (noted.get("job"), noted.get("topic")) != ("produce", topic):
        return False
    return servers is None or _names(str(noted.get("bootstrapServers"))) == _names(servers)


def _names(servers: str) -> list[str]:
    return sorted(server.strip().lower() for server in servers.split(","))


def end_local_run(
    folder: RunFolder, signal_number: int, seconds: float, pause: Callable[[float], None] = time.sleep
) -> int | None:
    """Ask a driver to end after the block in hand, and wait; return the stream's tip, if it has one.

    Raises
    ------
    SubmissionError
        When it has not ended in time.
    """
    folder.request_stop(signal_number)
    deadline = time.monotonic() + seconds
    while folder.read_json(REPORT) is None:
        if time.monotonic() >= deadline:
            raise SubmissionError(
                f"the run {folder.run} has not ended within {seconds:g} seconds",
                hint=f"its log is {folder.log}; a second Ctrl-C where it runs kills it",
            )
        pause(_POLL_SECONDS)
    tip = (folder.read_json(REPORT) or {}).get("tip") or {}
    number = tip.get("number")
    return number if isinstance(number, int) else None
