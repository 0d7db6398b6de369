"""Processes of this machine: whether one is alive, and the arguments of the living ones."""

from __future__ import annotations

import os
from pathlib import Path


def is_gone(pid: int, started: str | None) -> bool:
    """Return whether the process that had this number, and was started then, has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return True  # another user's process has that number now
    return started_at(pid) != started


def started_at(pid: int) -> str | None:
    """Return when a process began, in the kernel's ticks: a number of a process is used again.

    ``None`` for a process that has ended, also where nobody has asked yet how.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def is_named_by_a_process(folder: Path) -> bool:
    """Return whether a process of this user was given the folder, by an argument or its environment."""
    name = str(folder).encode()
    return any(
        name in _read(process / file)
        for process in Path("/proc").glob("[0-9]*")
        for file in ("cmdline", "environ")
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # The process ended meanwhile, or is another user's.
        return b""
