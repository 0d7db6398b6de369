"""The pace of looking for a new head that is not pushed: several times a block where blocks are quick."""

from __future__ import annotations

from collections import deque

SLOWEST_SECONDS = 0.1
"""Half of the 200 ms within which a new block is noticed where it is not pushed."""
QUICKEST_SECONDS = 0.02
"""Fifty times a second: 2% of a core for the node, 5% for the driver."""
LOOKS_PER_BLOCK = 8
"""On average a head is seen a sixteenth of a block late, for eight small requests a block."""

_HEADS = 8


class Pace:
    """The time between looks, by the times at which the newest heads were seen."""

    def __init__(self) -> None:
        self._heads: deque[tuple[int, float]] = deque(maxlen=_HEADS)

    def count(self, height: int, at: float) -> None:
        """Take a head, and when it was first seen; one that is not above the others starts the list again."""
        if self._heads and height <= self._heads[-1][0]:
            self._heads.clear()
        self._heads.append((height, at))

    def pause_seconds(self, now: float) -> float:
        """Return how long to wait before the next look; a chain that stands still is looked at slowly."""
        if len(self._heads) < 2:
            return SLOWEST_SECONDS
        (lowest, began_at), (highest, ended_at) = self._heads[0], self._heads[-1]
        block_seconds = max((ended_at - began_at) / (highest - lowest), now - ended_at)
        return min(SLOWEST_SECONDS, max(QUICKEST_SECONDS, block_seconds / LOOKS_PER_BLOCK))
