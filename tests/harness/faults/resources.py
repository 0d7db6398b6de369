"""What a driver holds: its open descriptors, threads and memory, so that a leak shows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Resources:
    """What one process holds at a moment."""

    descriptors: int
    threads: int
    resident_mib: float

    def __str__(self) -> str:
        held = f"{self.descriptors} open descriptors, {self.threads} threads"
        return f"{held}, {self.resident_mib:.0f} MiB resident"


def measure(pid: int) -> Resources | None:
    """Ask the kernel; ``None`` where the process has ended."""
    process = Path("/proc") / str(pid)
    with suppress(OSError, KeyError):
        lines = (process / "status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines if ":" in line)
        descriptors = len(list((process / "fd").iterdir()))
        return Resources(descriptors, int(status["Threads"]), int(status["VmRSS"].split()[0]) / 1024)
    return None
