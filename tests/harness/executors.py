"""The processes of a backfill on a local cluster of Spark: executors, and the Python workers below them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.harness.commands import Command
from tests.harness.running import wait_until

_EXECUTOR = "CoarseGrainedExecutorBackend"


@dataclass(frozen=True)
class Executor:
    """One executor: its JVM, and its Python processes, a daemon and the workers that this has forked."""

    jvm: int
    python: tuple[int, ...]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all of it, as if its machine did it."""
        for pid in (*self.python, self.jvm):
            _send(pid, number)

    @property
    def is_gone(self) -> bool:
        """Whether no process of it is left."""
        return not any(Path(f"/proc/{pid}").exists() for pid in (self.jvm, *self.python))


def find_executors(command: Command) -> list[Executor]:
    """Return the executors of a command that have Python workers now."""
    return find_executors_below(command.jvm_pid())


def find_executors_below(pid: int) -> list[Executor]:
    """Return the executors that a process has started, directly or not, and that have Python workers now."""
    parents = _parents()
    jvms = [child for child in _below(pid, parents) if _EXECUTOR in _command_line(child)]
    found = [Executor(jvm, tuple(_below(jvm, parents))) for jvm in jvms]
    # a worker is a process below the daemon, which is below the JVM
    return [executor for executor in found if len(executor.python) > 1]


def wait_for_executors(command: Command, count: int) -> list[Executor]:
    """Wait until so many executors are at work; the driver has to be up."""

    def at_work() -> list[Executor]:
        assert command.process.poll() is None, command.stderr
        found = find_executors(command)
        return found if len(found) >= count else []

    found: list[Executor] = wait_until(at_work, f"{count} executors are at work", command.limit_seconds)
    return found


def kill_driver(command: Command) -> None:
    """Kill the driver's Python and the JVM that started it, as a machine that is switched off."""
    for pid in (command.driver_pid(), command.jvm_pid()):
        _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    return found


def _below(pid: int, parents: dict[int, int]) -> Iterable[int]:
    """Every process below one."""
    for child in [child for child, parent in parents.items() if parent == pid]:
        yield child
        yield from _below(child, parents)


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
