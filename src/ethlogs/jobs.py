"""What a driver can be asked to do: each job runs, and tells its report however it ended."""

from __future__ import annotations

from typing import Any, Protocol

from ethlogs.cancellation import StopSwitch
from ethlogs.doctor.job import ClusterCheckup
from ethlogs.errors import EthlogsError, ExitStatus
from ethlogs.follow import follow_chain
from ethlogs.journal import Journal
from ethlogs.report import Report
from ethlogs.settings import RunSettings
from ethlogs.smoketest import Smoketest


class Job(Protocol):
    """One job of a driver."""

    def run(self) -> None:
        """Do it; an error says why it could not be done."""

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        """The content of report.json; it has at least ``exitStatus``, ``error`` and ``hint``."""


def build_job(settings: RunSettings, attempt: int, stop: StopSwitch, journal: Journal) -> Job:
    """The job that the settings ask for."""
    if settings.job == "smoketest":
        return Smoketest(settings, stop, journal)
    if settings.job == "doctor":
        return ClusterCheckup(settings, journal)
    return ProduceJob(settings, attempt, stop, journal)


class ProduceJob:
    """The main job: follow the chain for the blocks that are asked for."""

    def __init__(self, settings: RunSettings, attempt: int, stop: StopSwitch, journal: Journal) -> None:
        self._settings = settings
        self._attempt = attempt
        self._stop = stop
        self._journal = journal

    def run(self) -> None:
        """Follow; see :func:`ethlogs.follow.follow_chain`."""
        follow_chain(self._settings, self._attempt, self._stop, self._journal)

    def report(self, error: EthlogsError | None) -> dict[str, Any]:
        """The run's report."""
        settings, journal = self._settings, self._journal
        counters, meter, first = journal.meter.counters, journal.meter, journal.first_block
        return Report(
            exitStatus=int(error.exit_status if error else ExitStatus.DONE),
            error=str(error) if error else None,
            hint=error.hint if error else None,
            run=settings.run,
            attempt=self._attempt,
            chainId=journal.chain_id,
            topic=settings.stream.topic,
            ledgerTopic=settings.stream.ledger_topic,
            proofs=counters.proofs,
            range=None if first is None else {"first": first, "last": journal.last_block},
            firstBlock=counters.first_block,
            lastBlock=counters.last_block,
            blocks=max(0, counters.blocks - counters.retracted_blocks),
            logs=max(0, counters.logs - counters.retracted_logs),
            tip=self._tip(),
            reorgs=counters.reorgs,
            deepestReorg=counters.deepest_reorg,
            retractedBlocks=counters.retracted_blocks,
            retractedLogs=counters.retracted_logs,
            readBackLogs=counters.read_back_logs,
            retries=journal.retries,
            seconds=round(meter.seconds, 3),
            logsPerSecond=round(meter.logs_per_second(), 1),
            latencyMs=meter.latency_ms(),
        ).to_dict()

    def _tip(self) -> dict[str, Any] | None:
        """Where the stream stands: an attempt that had nothing left to do found it there."""
        counters, found = self._journal.meter.counters, self._journal.tip
        if counters.tip_hash:
            return {"number": counters.last_block, "hash": counters.tip_hash}
        return {"number": found.block_number, "hash": found.block_hash} if found else None
