"""The recent rate and latency of a run, over a window of time."""

from __future__ import annotations

import math
import statistics
import threading
from collections import deque
from collections.abc import Sequence

import msgspec

WINDOW_SECONDS = 60.0
"""Some blocks of a chain with slow ones, and short enough to show what happens now."""


class Latency(msgspec.Struct, frozen=True):
    """Time from seeing a block at the head to its commit's acknowledgement, in milliseconds."""

    p50: float
    p99: float
    blocks: int


class Recent(msgspec.Struct, frozen=True, rename="camel"):
    """The commits of the last seconds."""

    seconds: float
    """How long these are: the window, or the time since the work began."""
    blocks: int
    logs: int
    blocks_per_second: float
    logs_per_second: float
    latency_ms: Latency | None
    """``None`` where no block was produced at the head."""


def build_latency(samples_ms: Sequence[float]) -> Latency | None:
    """Return p50 and p99; ``None`` where there is no sample."""
    if not samples_ms:
        return None
    ordered = sorted(samples_ms)
    return Latency(
        p50=round(statistics.median(ordered), 1),
        p99=round(ordered[math.ceil(len(ordered) * 0.99) - 1], 1),
        blocks=len(ordered),
    )


class Window:
    """The commits of the last seconds; one thread adds to it while another one reads."""

    def __init__(self, seconds: float = WINDOW_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._commits: deque[tuple[float, int, int]] = deque()
        self._latencies_ms: deque[tuple[float, float]] = deque()
        self._blocks = 0
        self._logs = 0

    def add(self, now: float, blocks: int, logs: int) -> None:
        """Count what was committed at ``now``, in seconds of a clock that never turns back."""
        with self._lock:
            self._commits.append((now, blocks, logs))
            self._blocks += blocks
            self._logs += logs
            self._forget(now)

    def add_latency(self, now: float, milliseconds: float) -> None:
        """Count the latency of a block that was committed at ``now``."""
        with self._lock:
            self._latencies_ms.append((now, milliseconds))
            self._forget(now)

    def look(self, now: float, began_at: float | None) -> Recent:
        """Return what the window shows at ``now``; ``began_at`` is when the first block was fetched."""
        with self._lock:
            self._forget(now)
            blocks, logs = self._blocks, self._logs
            latencies_ms = [value for _, value in self._latencies_ms]
        seconds = 0.0 if began_at is None else min(self._seconds, now - began_at)
        return Recent(
            seconds=round(seconds, 1),
            blocks=blocks,
            logs=logs,
            blocks_per_second=round(blocks / seconds, 2) if seconds > 0 else 0.0,
            logs_per_second=round(logs / seconds, 1) if seconds > 0 else 0.0,
            latency_ms=build_latency(latencies_ms),
        )

    def _forget(self, now: float) -> None:
        while self._commits and self._commits[0][0] <= now - self._seconds:
            _, blocks, logs = self._commits.popleft()
            self._blocks -= blocks
            self._logs -= logs
        while self._latencies_ms and self._latencies_ms[0][0] <= now - self._seconds:
            self._latencies_ms.popleft()
