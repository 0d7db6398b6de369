"""Ending what a service has started in sessions of their own, also when the service is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ethlogs_devnet.hadoop import containers
from ethlogs_devnet.hadoop.containers import end_containers


class Sweeper:
    """Ends the processes whose command line or environment names a file in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, pid: int) -> None:
        """Have a separate process sweep when ``pid`` has ended, for this process may be killed."""
        line = [sys.executable, "-I", "-S", containers.__file__, str(pid), str(self._folder)]
        self._process = subprocess.Popen(line, stdin=subprocess.DEVNULL, start_new_session=True)

    def sweep(self) -> None:
        """End them now, after the service has ended."""
        if self._process is not None:
            end_containers(self._folder)
            self._process.wait()
