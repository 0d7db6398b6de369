"""A histogram of latencies: how many were at most so long."""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass

BOUNDS_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True)
class Distribution:
    """The samples of a histogram, counted."""

    buckets: tuple[tuple[float, int], ...]
    """Each bound in seconds, with how many were at most as long; what was longer is in ``count`` alone."""
    count: int
    sum_seconds: float


class Histogram:
    """Counts latencies; one thread adds while another one reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = [0] * (len(BOUNDS_SECONDS) + 1)
        self._sum_seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        with self._lock:
            self._counts[bisect_left(BOUNDS_SECONDS, seconds)] += 1
            self._sum_seconds += seconds

    def read(self) -> Distribution:
        """Return what was counted so far."""
        with self._lock:
            counts, sum_seconds = list(self._counts), self._sum_seconds
        totals = [sum(counts[: place + 1]) for place in range(len(counts))]
        return Distribution(tuple(zip(BOUNDS_SECONDS, totals, strict=False)), totals[-1], sum_seconds)
