"""SIGINT, SIGTERM and SIGHUP as an exception, or set aside for a while."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Handler = Callable[[int, FrameType | None], None]


class InterruptedBySignal(BaseException):
    """A signal asked this process to end; ``exit_status`` is 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number


@contextmanager
def handling(handler: _Handler) -> Iterator[None]:
    """Call ``handler`` for each of the signals while the block runs."""
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def raise_interrupted(number: int, frame: FrameType | None) -> None:
    """Handler: raise InterruptedBySignal."""
    raise InterruptedBySignal(number)


def ignore(number: int, frame: FrameType | None) -> None:
    """Handler: continue. Not SIG_IGN, which the processes started meanwhile would inherit."""
