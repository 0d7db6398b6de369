"""How lower layers talk to whoever watches: functions that are passed down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Notify = Callable[[str], None]
"""Shows a message, one line."""

ShowProgress = Callable[[dict[str, Any]], None]
"""Shows a snapshot of progress.json; see :meth:`ethlogs.journal.Journal.snapshot`."""
