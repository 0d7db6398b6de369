"""The node or broker that a run waits for, because it does not answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ethlogs.backoff import Backoff

_LEAST_SECONDS = 1.0
"""What one more try ends is not worth a word."""


class Waiting(msgspec.Struct, frozen=True):
    """A trouble that may pass, as progress.json has it; times are seconds since 1970."""

    why: str
    since: float
    until: float
    """When the attempt ends, if nothing answers by then."""


def look_at_trouble(backoff: Backoff, why: str, patience_seconds: float) -> Waiting | None:
    """Return what a trouble makes a run wait for; ``None`` where it has just begun, or there is none."""
    failing_seconds = backoff.failing_seconds
    if failing_seconds < _LEAST_SECONDS:
        return None
    since = time.time() - failing_seconds
    return Waiting(why, round(since, 3), round(since + patience_seconds, 3))


def longest(waits: Iterable[Waiting | None]) -> Waiting | None:
    """Return the wait that began first; ``None`` where there is none."""
    return min((waiting for waiting in waits if waiting), key=lambda waiting: waiting.since, default=None)


def format_waiting(waiting: Waiting, now: float) -> str:
    """Return it for a person."""
    left = max(0.0, waiting.until - now)
    return f"waiting for {max(0.0, now - waiting.since):.0f} s, for up to {left:.0f} s more: {waiting.why}"


def read_waiting(progress: Mapping[str, Any]) -> Waiting | None:
    """Return what a run's progress.json says that it waits for; an older version's says nothing."""
    try:
        return msgspec.convert(progress.get("waiting"), Waiting | None)
    except msgspec.ValidationError:
        return None
