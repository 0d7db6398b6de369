"""The jobs of a driver. Each runs, and reports however it ended; a new one is a module and a line in JOBS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from ethlogs.backfill import run_backfill
from ethlogs.backfill.cluster import SparkCluster
from ethlogs.doctor.job import ClusterCheckup
from ethlogs.driver.stream_job import StreamJob
from ethlogs.errors import (
    DeadlineError,
    EthlogsError,
    ExitStatus,
    InterruptedRunError,
    SettingsError,
)
from ethlogs.follow import follow_chain
from ethlogs.run.context import RunContext
from ethlogs.settings.job import BACKFILL, PRODUCE, JobKind
from ethlogs.smoketest import Smoketest


class Job(Protocol):
    """One job of a driver."""

    kind: ClassVar[JobKind]

    def __init__(self, context: RunContext) -> None:
        """Prepare the job; nothing is done before :meth:`run`."""

    def run(self) -> None:
        """Do it; an error says why it could not be done."""

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        """The content of report.json; it has at least ``exitStatus``, ``error`` and ``hint``."""


class ProduceJob(StreamJob):
    """The main job: follow the chain for the blocks that are asked for."""

    kind: ClassVar[JobKind] = PRODUCE

    def run(self) -> None:
        """Follow; see :func:`ethlogs.follow.follow_chain`."""
        follow_chain(self._settings, self._context.attempt, self._context.stop, self._journal)

    def _hint(self, error: EthlogsError) -> str | None:
        """What to do; where a run with ``--blocks`` was broken off, what is left of them."""
        blocks, last = self._settings.range.blocks, self._journal.last_block
        if (
            blocks is None
            or last is None
            or int(error.exit_status) in (ExitStatus.SETTINGS, ExitStatus.SUPERSEDED)
        ):
            return error.hint
        remainder = f"--to {last} instead of --blocks {blocks} produces the rest of this run's blocks"
        if isinstance(error, InterruptedRunError | DeadlineError):
            return f"what was committed stays; run the command again: {remainder}"
        return f"{error.hint}; then {remainder}" if error.hint else remainder


class BackfillJob(StreamJob):
    """Fill what the ledger lacks of a range, by tasks on executors."""

    kind: ClassVar[JobKind] = BACKFILL

    def run(self) -> None:
        """Fill; see :func:`ethlogs.backfill.run_backfill`."""
        run_backfill(self._context, SparkCluster.of_driver())


JOBS: Mapping[str, type[Job]] = {
    job.kind.name: job for job in (ProduceJob, BackfillJob, Smoketest, ClusterCheckup)
}


def find_job(name: str) -> type[Job]:
    """Return the job that settings name.

    Raises
    ------
    SettingsError
        When there is none.
    """
    if name not in JOBS:
        raise SettingsError(f"{name} is not a job of the driver; the jobs are {', '.join(JOBS)}")
    return JOBS[name]


def build_job(context: RunContext) -> Job:
    """Build the job that the settings name."""
    return find_job(context.settings.job)(context)
