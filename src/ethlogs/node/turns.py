"""The turns of several node URLs: not one of another chain, nor one that wants to be left alone."""

from __future__ import annotations

import time

from ethlogs.errors import SettingsError


class Turns:
    """The URLs by number, and what is known about when to ask them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._rests_until: dict[int, float] = {}
        self.left_out: dict[int, SettingsError] = {}
        """The URLs that serve another chain, with what they answered."""

    def let_rest(self, index: int, seconds: float) -> None:
        """Leave a URL alone for as long as it asked for (Retry-After)."""
        if seconds:
            self._rests_until[index] = time.monotonic() + seconds

    def rest_seconds(self, index: int) -> float:
        """Return how much longer a URL wants to be left alone."""
        return max(0.0, self._rests_until.get(index, 0.0) - time.monotonic())

    def after(self, index: int) -> int:
        """The URL that is asked after ``index`` has failed; one of another chain only where all others are.

        Where every other one wants to be left alone longer than this one, it is this one again.
        """
        others = [(index + step) % self._count for step in range(1, self._count)]
        usable = [other for other in others if other not in self.left_out] or others
        return min([*usable, index], key=self.rest_seconds)
