"""The jobs of a driver. Each runs, and reports however it ended; a new one is a module and a line in JOBS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import msgspec

from ethlogs.backfill import run_backfill
from ethlogs.backfill.cluster import SparkCluster
from ethlogs.context import RunContext
from ethlogs.doctor.job import ClusterCheckup
from ethlogs.errors import (
    DeadlineError,
    EthlogsError,
    ExitStatus,
    InterruptedRunError,
    SettingsError,
)
from ethlogs.follow import follow_chain
from ethlogs.report import Range, Report, Tip
from ethlogs.settings.job import JobKind
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


class StreamJob:
    """A job that writes a stream: its report is one of :class:`ethlogs.report.Report`."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._settings = context.settings
        self._journal = context.journal

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        """The run's report."""
        settings, journal = self._settings, self._journal
        counters, first = journal.meter.counters, journal.first_block
        return Report(
            exit_status=int(error.exit_status if error else ExitStatus.DONE),
            error=str(error) if error else None,
            hint=self._hint(error) if error else None,
            run=settings.run,
            attempt=self._context.attempt,
            chain_id=journal.chain_id,
            topic=settings.stream.topic,
            ledger_topic=settings.stream.ledger_topic,
            proofs=counters.proofs,
            range=None if first is None else Range(first, journal.last_block),
            first_block=counters.first_block,
            last_block=counters.last_block,
            tip=self._tip(),
            latency_ms=journal.meter.latency_ms(),
            **msgspec.structs.asdict(journal.counts()),
        ).to_dict()

    def _hint(self, error: EthlogsError) -> str | None:
        """What to do."""
        return error.hint

    def _tip(self) -> Tip | None:
        """Where the stream stands: an attempt that had nothing left to do found it there."""
        counters, found = self._journal.meter.counters, self._journal.tip
        if counters.tip_hash:
            return Tip(counters.last_block, counters.tip_hash)
        return Tip(found.block_number, found.block_hash) if found else None


class ProduceJob(StreamJob):
    """The main job: follow the chain for the blocks that are asked for."""

    kind: ClassVar[JobKind] = JobKind("produce", writes_stream=True, follows=True)

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

    kind: ClassVar[JobKind] = JobKind("backfill", writes_stream=True, needs_executors=True)

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
