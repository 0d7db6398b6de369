"""The report of every job that writes a stream; the job's module is one of :mod:`ethlogs.driver.jobs`."""

from __future__ import annotations

from typing import Any

import msgspec

from ethlogs.errors import EthlogsError, ExitStatus
from ethlogs.run.context import RunContext
from ethlogs.run.report import Range, Report, Tip


class StreamJob:
    """A job that writes a stream: its report is one of :class:`ethlogs.run.report.Report`."""

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
