"""Something that is done again and again on its own thread while other work is done."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def repeated(
    name: str, seconds: float, do: Callable[[], None], end_seconds: float | None = None
) -> Iterator[None]:
    """Call ``do`` each so many seconds until the block ends; then wait for it, at most ``end_seconds``."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            do()

    thread = threading.Thread(target=repeat, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(end_seconds)
