"""The context of a job: settings, attempt, stop switch and journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ethlogs.cancellation import StopSwitch
from ethlogs.run.folder import SETTINGS
from ethlogs.run.journal import Journal
from ethlogs.settings import RunSettings


@dataclass(frozen=True)
class RunContext:
    """One attempt of a run."""

    settings: RunSettings
    attempt: int
    stop: StopSwitch
    journal: Journal
    settings_file: Path = Path(SETTINGS)
    """Where an executor finds the settings too; in a container YARN has put them into its folder."""
