"""The progress of a backfill, counted by the ledger."""

from __future__ import annotations

import contextlib
import time
from typing import NamedTuple

from ethlogs.backfill.cluster import Cluster
from ethlogs.backfill.ends import EndsReader
from ethlogs.backfill.missing import SlotGaps, count_missing
from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import EthlogsError
from ethlogs.run.journal import Journal

NO_EXECUTOR_SECONDS = 60.0
"""A cluster that has room starts an executor sooner."""

_TOLD = 50
"""A node that makes up remarks must not fill the notices."""


class _Counts(NamedTuple):
    """The running counts at the end of a slot, and the end itself."""

    end_offset: int
    blocks: int
    logs: int
    unproven_logs: int


class BackfillProgress:
    """Follows the counts at the ends of the slots, from where they stood when the attempt began."""

    def __init__(self, journal: Journal, cluster: Cluster, reader: EndsReader) -> None:
        self._journal = journal
        self._cluster = cluster
        self._reader = reader
        self._range = (0, -1)
        self._counted: dict[int, _Counts] = {}
        self._told: set[str] = set()
        self._had_executor_at = time.monotonic()
        self.retries = 0
        journal.watch(self, "task")

    def begin(self, first: int, last: int, ends: LedgerEnds) -> None:
        """Say which heights are asked for and how many of them are missing."""
        self._range = first, last
        self._counted = {number: _counts(ends, number) for number in ends.slot_tails}
        missing = count_missing(ends.gaps(((first, last),)))
        if missing:
            self._journal.notify(f"filling blocks {first} to {last} ({missing:,} missing)")
        self._journal.begin_backfill(first, last, missing)

    def look(self, ends: LedgerEnds, gaps: tuple[SlotGaps, ...]) -> None:
        """Count what was committed since the last look.

        Raises
        ------
        KafkaUnavailableError
            When Kafka does not say how the blocks were proven; nothing is counted then.
        """
        self._count(ends)
        self._journal.missing_blocks = count_missing(gaps)
        self._journal.executors = self._cluster.executors()

    def count_last(self) -> None:
        """Count what the tasks of a run that is ended have committed since the last look."""
        with contextlib.suppress(EthlogsError):
            ends = self._reader.read()
            self._count(ends)
            self._journal.missing_blocks = count_missing(ends.gaps((self._range,)))

    def _count(self, ends: LedgerEnds) -> None:
        counts = {number: _counts(ends, number) for number in ends.slot_tails}
        moved = [number for number, now in counts.items() if now.blocks > self._counted[number].blocks]
        if not moved:
            return
        # The end of a slot says how its last block was proven, and nodes differ.
        parts = {number: (self._counted[number].end_offset, counts[number].end_offset) for number in moved}
        proofs = self._reader.count_proofs(parts)
        for number in moved:
            now, before = counts[number], self._counted[number]
            self._journal.meter.count_backfilled(
                now.blocks - before.blocks,
                now.logs - before.logs,
                proofs=proofs[number],
                unproven_logs=now.unproven_logs - before.unproven_logs,
            )
            self._counted[number] = now

    def count(self) -> None:
        """Read the ledger's ends, and count, while there are tasks."""
        ends = self._reader.read()
        self.look(ends, ends.gaps((self._range,)))
        self._watch_executors()

    def _watch_executors(self) -> None:
        """Say when the tasks wait for executors: Spark waits for them without an end."""
        now = time.monotonic()
        if self._journal.executors:
            self._had_executor_at = now
        elif now - self._had_executor_at > NO_EXECUTOR_SECONDS:
            self.notify_once(
                f"no executor for {NO_EXECUTOR_SECONDS:g} seconds; the tasks wait for one: does the queue"
                " have room, does YARN allow containers of this size, and what do executors' logs say?"
            )

    def notify_once(self, text: str) -> None:
        """Tell the user what a task said; every task says the same of a node."""
        if text not in self._told and len(self._told) < _TOLD:
            self._told.add(text)
            self._journal.notify(text)


def _counts(ends: LedgerEnds, number: int) -> _Counts:
    tail = ends.tails[number]
    if tail.tip is None:
        return _Counts(tail.end_offset, 0, 0, 0)
    tip = tail.tip
    return _Counts(tail.end_offset, tip.stream_blocks, tip.stream_logs, tip.stream_unproven_logs)
