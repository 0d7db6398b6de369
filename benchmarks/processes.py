"""What processes use, as /proc has it: CPU time and memory, of a process and of all below it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)
"""Of the fields of a line of /proc/stat: idle, and waiting for a disk."""


@dataclass(frozen=True)
class Processes:
    """All processes at one moment."""

    parents: dict[int, int]
    seconds: dict[int, float]
    """CPU time of each, user and system."""

    def below(self, ancestors: set[int]) -> set[int]:
        """Return those of the processes that run, and all that they have started, directly or not."""
        family = ancestors & self.parents.keys()
        for pid in sorted(self.parents):  # a child's number is nearly always above its parent's
            if self.parents[pid] in family:
                family.add(pid)
        return family


def read_processes() -> Processes:
    """Read parent and CPU time of each process."""
    parents, seconds = {}, {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - some hundred paths, ten times a second
        if entry.isdigit():
            fields = _read(int(entry), "stat").rpartition(")")[2].split()
            if fields:
                parents[int(entry)] = int(fields[1])
                seconds[int(entry)] = (int(fields[11]) + int(fields[12])) / _TICKS
    return Processes(parents, seconds)


def read_machine_seconds() -> float:
    """Return the CPU time that all cores have spent on anything, since the machine started."""
    line = Path("/proc/stat").read_text().splitlines()[0]
    ticks = [int(field) for field in line.split()[1:9]]
    return sum(tick for place, tick in enumerate(ticks) if place not in _IDLE) / _TICKS


class Meter:
    """Adds up the CPU time of a process and of all below it, also of those that have ended."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seconds: dict[int, float] = {}
        self._workers: set[int] = set()
        self._jvms: set[int] = set()
        self.worker_bytes = 0
        """The largest memory of a Python worker of Spark's."""

    def sample(self, processes: Processes | None = None) -> None:
        """Look at every process; what one used after the last look is not counted."""
        processes = processes or read_processes()
        # A process whose parent has ended has another parent: those that were seen once stay.
        for pid in processes.below({self._pid, *self._seconds}):
            self._seconds[pid] = max(processes.seconds[pid], self._seconds.get(pid, 0.0))
            if _read(pid, "comm").strip() == "java":
                self._jvms.add(pid)
            if self._is_worker(pid):
                self.worker_bytes = max(self.worker_bytes, peak_memory(pid))

    def _is_worker(self, pid: int) -> bool:
        # Not remembered where it is none: it may be a process that is about to become one.
        if pid not in self._workers and "pyspark.daemon" in _read(pid, "cmdline"):
            self._workers.add(pid)
        return pid in self._workers

    @property
    def seconds(self) -> float:
        """What all of them have used."""
        return sum(self._seconds.values())

    @property
    def jvm_seconds(self) -> float:
        """What those of them have used that are Java virtual machines."""
        return sum(seconds for pid, seconds in self._seconds.items() if pid in self._jvms)


def find_driver(ancestor: int) -> int | None:
    """Return the Python process below ``ancestor`` that runs the driver's script."""
    for child in _children(ancestor):
        words = _read(child, "cmdline").split("\0")
        if "python" in Path(words[0]).name and any(word.endswith("ethlogs_driver.py") for word in words):
            return child
        found = find_driver(child)
        if found:
            return found
    return None


def peak_memory(pid: int) -> int:
    """Return the peak resident memory in bytes; 0 when the process has ended."""
    for line in _read(pid, "status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def _children(pid: int) -> list[int]:
    found: list[int] = []
    # Each thread has other children; threads and processes end meanwhile.
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, _read(pid, f"task/{task.name}/children").split())
    return found


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
