"""The command that started a run on this machine, and whether it is still there.

spark-submit has its own session and outlives a command that is killed; its driver must not.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from ethlogs.processes import is_gone, started_at
from ethlogs.run.folder import COMMAND, RunFiles
from ethlogs.settings import RunSettings


def note_command(folder: RunFiles, settings: RunSettings) -> None:
    """Write down which process this is, and what it runs: no secret is in this file."""
    noted = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started": started_at(os.getpid()),
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
    return is_gone(int(noted["pid"]), noted["started"])
