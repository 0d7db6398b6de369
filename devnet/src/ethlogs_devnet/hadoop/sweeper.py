"""Ending what a service has started in sessions of their own, also when the service is killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ethlogs_devnet.hadoop import containers
from ethlogs_devnet.hadoop.containers import end_containers
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.service import OneProcess


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


class SweptProcess(OneProcess):
    """A service that is one process, and what that starts in sessions of their own, which ends with it."""

    _sweeper: Sweeper

    def stop(self) -> None:
        """End it and what it has started."""
        super().stop()
        self._sweeper.sweep()

    def kill(self) -> None:
        """End it and what it has started at once by SIGKILL, as when a machine fails."""
        super().kill()
        self._sweeper.sweep()

    def _launch(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        wait_until_started: Callable[[ServiceProcess], None],
    ) -> None:
        """Start the process and wait until it serves; where it does not, nothing of it is left."""
        self._process.start(command, environment)
        try:
            self._sweeper.start(self.pid or 0)
            wait_until_started(self._process)
        except BaseException:
            self.kill()
            raise
