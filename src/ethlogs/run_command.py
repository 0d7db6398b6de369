"""Whether the command that started a run on this machine is still there.

spark-submit has its own session and outlives a command that is killed; its driver must not.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from ethlogs.run_folder import COMMAND, RunFiles
from ethlogs.settings import RunSettings


def note_command(folder: RunFiles, settings: RunSettings) -> None:
    """Write down which process this is, and what it runs: no secret is in this file."""
    noted = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started": _started(os.getpid()),
        "job": settings.job,
        "topic": settings.stream.topic,
        "bootstrapServers": settings.kafka.bootstrap_servers,
    }
    folder.write_json(COMMAND, noted)


def is_command_gone(noted: dict[str, Any] | None) -> bool:
    """Return whether the process that was noted has ended; not where nothing is known of it.

    A folder that several machines share has processes of the others too.
    """
    if noted is None or noted.get("host", socket.gethostname()) != socket.gethostname():
        return False
    pid = int(noted["pid"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return True  # another user's process has that number now
    return bool(_started(pid) != noted["started"])


def _started(pid: int) -> str | None:
    """When a process began, in the kernel's ticks: a number of a process is used again.

    ``None`` for a process that has ended, also where nobody has asked yet how.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
