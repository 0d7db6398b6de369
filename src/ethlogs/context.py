"""What every job of a driver is given."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.cancellation import StopSwitch
from ethlogs.journal import Journal
from ethlogs.settings import RunSettings


@dataclass(frozen=True)
class RunContext:
    """One attempt of a run."""

    settings: RunSettings
    attempt: int
    stop: StopSwitch
    journal: Journal
