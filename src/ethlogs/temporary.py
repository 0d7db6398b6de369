"""Temporary folders, which may hold keys and tickets.

The user's next command removes those of a killed process. A folder's name says which process of
which machine made it, so there is no moment at which it is nobody's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.processes import is_gone, is_named_by_a_process, started_at

_NAME = re.compile(r"ethlogs-[a-z0-9]+-(?P<place>[0-9a-f]{8})-(?P<pid>\d+)-(?P<started>\d+)-\w+")


def make_temporary_folder(kind: str, place: str | None = None) -> tempfile.TemporaryDirectory[str]:
    """Make a folder that only its owner can enter; ``kind`` is a part of its name."""
    pid = os.getpid()
    prefix = f"ethlogs-{kind}-{_place_of_processes()}-{pid}-{started_at(pid)}-"
    return tempfile.TemporaryDirectory(prefix=prefix, dir=place or find_temporary_place())


def find_temporary_place() -> str:
    """Return the folder in which temporary files are made.

    Raises
    ------
    SettingsError
        When none of those that Python tries can be written.
    """
    try:
        return tempfile.gettempdir()
    except OSError as exc:
        raise SettingsError(
            f"temporary files cannot be written: {exc.strerror}",
            hint="make room in one of these folders, or set TMPDIR to a folder that this user can write",
        ) from exc


def remove_abandoned() -> list[Path]:
    """Remove this user's temporary folders whose process was killed; return their paths."""
    removed = []
    with contextlib.suppress(OSError):
        for path in sorted(Path(tempfile.gettempdir()).glob("ethlogs-*")):
            if _is_abandoned(path):
                # Another command may be removing it at this moment.
                shutil.rmtree(path, ignore_errors=True)
                removed.append(path)
    return removed


def _is_abandoned(path: Path) -> bool:
    """Return whether the folder is this user's, and nobody who is alive made it or was given it.

    spark-submit's JVM, for one, is given a ticket's place by its environment, and outlives its command.
    """
    match = _NAME.fullmatch(path.name)
    if match is None or match["place"] != _place_of_processes():
        return False
    try:
        found = path.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return False
    return is_gone(int(match["pid"]), match["started"]) and not is_named_by_a_process(path)


def _place_of_processes() -> str:
    """Return a name for where a process id means something: a machine, and on it a container.

    Several of them may share one folder for temporary files.
    """
    namespace = str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:8]
