"""Waiting between tries: exponential, with jitter, up to a limit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from ethlogs.errors import EthlogsError

T = TypeVar("T")

_MAX_DOUBLINGS = 30
"""Enough to reach any limit; without it, a patience of hours ends in a float's overflow."""


class Backoff:
    """The waits of one trouble, from its first failure until :meth:`reset`.

    Jitter keeps many clients of one node from asking again all at once.
    """

    def __init__(self, first_seconds: float = 0.2, longest_seconds: float = 5.0) -> None:
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._tries = 0
        self._since: float | None = None

    @property
    def failing_seconds(self) -> float:
        """How long it has been since the first failure; 0 when there was none."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    @property
    def tries(self) -> int:
        """How many waits there were since the last :meth:`reset`."""
        return self._tries

    @property
    def is_fourth(self) -> bool:
        """Whether it is the fourth failure in a row, the eighth, and so on: time to look elsewhere."""
        return self._tries % 4 == 3

    def reset(self) -> None:
        """Forget the trouble: the last try succeeded."""
        self._tries, self._since = 0, None

    def wait(self, pause: Callable[[float], object], at_least_seconds: float = 0.0) -> None:
        """Pause before the next try."""
        if self._since is None:
            self._since = time.monotonic()
        ceiling = min(self._longest_seconds, self._first_seconds * 2 ** min(self._tries, _MAX_DOUBLINGS))
        self._tries += 1
        pause(max(at_least_seconds, ceiling * random.uniform(0.5, 1.0)))  # noqa: S311 - no secret


def keep_trying(function: Callable[[], T], seconds: float, pause: Callable[[float], None] = time.sleep) -> T:
    """Return what a function returns, called again until it does not fail.

    Raises
    ------
    EthlogsError
        The last failure, when ``seconds`` have gone since the first.
    """
    backoff = Backoff()
    while True:
        try:
            return function()
        except EthlogsError:
            if backoff.failing_seconds >= seconds:
                raise
        backoff.wait(pause)
