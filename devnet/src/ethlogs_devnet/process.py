"""One child process that never outlives its parent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet import guard
from ethlogs_devnet.errors import DevnetError

# The kernel ties a child's "parent has ended" signal to the thread that started it, so all children
# are started by this one thread, which ends only with the interpreter.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ethlogs-devnet-spawner")

_IS_CAUSE = re.compile(r"(.{0,30}\s)?(ERROR|FATAL|Fatal|CRIT)\b")
"""A line of geth's, Kafka's or Hadoop's log that says why; what follows it says how they end."""


def guarded(command: Sequence[str], death_signal: signal.Signals = signal.SIGKILL) -> list[str]:
    """Return the command line that runs ``command`` and ends it when this process ends."""
    launcher = [sys.executable, "-I", "-S", guard.__file__]
    return [*launcher, str(int(death_signal)), str(os.getpid()), *command]


def spawn(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, log: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a guarded command in its own session, its output appended to ``log``.

    With ``log`` None the command keeps this process's standard streams and process group.
    """
    if log is None:
        line = guarded(command, signal.SIGTERM)
        return _SPAWNER.submit(subprocess.Popen, line, env=env).result()
    with log.open("ab") as output:
        return _SPAWNER.submit(
            subprocess.Popen,
            guarded(command),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ).result()


@dataclass(frozen=True)
class ServiceFiles:
    """The folder of one service and the files in it; a subclass names what is its own."""

    folder: Path

    @property
    def data(self) -> Path:
        """What the service keeps."""
        return self.folder / "data"


class ServiceProcess:
    """A long-running program: its process id, its log, and the ways to end or pause it."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self._popen.pid if self._popen is not None and self.is_alive() else None

    def is_alive(self) -> bool:
        """Tell whether the process runs (a frozen one does)."""
        return self._popen is not None and self._popen.poll() is None

    def start(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start the command; raise DevnetError where it runs already."""
        if self.is_alive():
            raise DevnetError(f"{self.name} is running already (process {self.pid})")
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._popen = spawn(command, env=env, log=self.log)

    def new_output(self) -> str:
        """Return what the present process has written to its log so far."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def wait_until_started(self, sign: str, timeout_seconds: float) -> None:
        """Return when the log has the line that says so; raise DevnetError where that does not happen."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if not self.is_alive():
                raise self.failure("ended while it was starting")
            if sign in self.new_output():
                return
            time.sleep(0.03)
        self.kill()
        raise self.failure(f"was not ready within {timeout_seconds:.0f} s")

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """End it gently (SIGTERM), then by SIGKILL once ``timeout_seconds`` have passed."""
        if self._popen is None:
            return
        self.thaw()
        self._signal(signal.SIGTERM)
        try:
            self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once (SIGKILL) and wait until it is gone."""
        self._signal(signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait()

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP): connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process continue (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def failure(self, what: str) -> DevnetError:
        """Return the error that says ``what`` happened, with its cause in the log and the log's end."""
        lines = self.new_output().strip().splitlines()
        end = lines[-3:]
        causes = [line for line in lines[:-3] if _IS_CAUSE.match(line)]
        text = " | ".join([*causes[:1], *end])
        return DevnetError(f"{self.name} {what}: {text}", hint=f"the whole log is {self.log}")

    def _signal(self, number: signal.Signals) -> None:
        if self._popen is not None and self.is_alive():
            self._popen.send_signal(number)
