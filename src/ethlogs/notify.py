"""Functions by which lower layers report to whoever watches; they are passed down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Notify = Callable[[str], None]
"""Shows a message, one line."""

ShowBytes = Callable[[str, int, int | None], None]
"""Shows how far a long step is: its name, the bytes done, and all of them where that is known."""

ShowProgress = Callable[[dict[str, Any]], None]
"""Shows a snapshot of progress.json; see :meth:`ethlogs.run.journal.Journal.snapshot`."""


def ignore_bytes(_what: str, _done: int, _total: int | None) -> None:
    """Show nothing: for who does not watch."""
