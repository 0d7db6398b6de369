"""A run on this machine: its folder made, spark-submit run until it ends, and its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ethlogs.errors import ExitStatus
from ethlogs.run.folder import RunFolder
from ethlogs.settings import RunSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.spark.submit import SparkSubmit, build_argv
from ethlogs.submission.console import Console, Outcome
from ethlogs.submission.local import last_lines, run_locally
from ethlogs.submission.local_keeper import start_kept
from ethlogs.submission.run_note import note_run


@dataclass(frozen=True)
class LocalLaunch:
    """One launch on this machine."""

    options: LaunchOptions
    spark: SparkSubmit
    master: str
    name: str
    base: Path
    """Where the folders of runs are made."""
    configured: Mapping[str, str]
    """What spark-defaults and --properties-file say."""

    def build_argv(self, settings: RunSettings) -> list[str]:
        """Build the spark-submit line of a run."""
        folder = self.base / settings.run
        return build_argv(self.spark, self.options.spark, self.master, self.name, folder, self.configured)

    def start(self, settings: RunSettings, console: Console) -> Outcome:
        """Start the driver, which outlives this process, and wait for nothing."""
        folder, settings = self._make_folder(settings, console)
        note = note_run(folder, settings)
        start_kept(settings, folder, self.build_argv(settings))
        return Outcome(text=folder.run, started=note)

    def run(self, settings: RunSettings, console: Console) -> Outcome:
        """Run the driver until it ends."""
        folder, settings = self._make_folder(settings, console)
        note_run(folder, settings)
        with console.display as display:
            report = run_locally(settings, folder, self.build_argv(settings), display.show)
        is_defect = report["exitStatus"] == ExitStatus.DEFECT
        return Outcome(
            report,
            output=folder.log.read_text(errors="replace") if self.options.output.verbose else None,
            last_lines=f"of {folder.log}:\n{last_lines(folder)}" if is_defect else None,
        )

    def _make_folder(self, settings: RunSettings, console: Console) -> tuple[RunFolder, RunSettings]:
        folder = RunFolder.create(self.base)
        console.notify(f"run {folder.run}, in {folder.path}")
        return folder, replace(settings, run=folder.run)
