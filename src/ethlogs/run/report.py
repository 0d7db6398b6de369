"""The report of a run: counted while it runs, and printed at the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ethlogs.counted import counted
from ethlogs.errors import ExitStatus
from ethlogs.run.counts import Counts
from ethlogs.run.histogram import Histogram
from ethlogs.run.recent import Latency, Recent, Window, build_latency

_MAX_SAMPLES = 100_000


@dataclass
class Counters:
    """The counts of a run's attempt since it began."""

    blocks: int = 0
    logs: int = 0
    unproven_logs: int = 0
    reorgs: int = 0
    deepest_reorg: int = 0
    retracted_blocks: int = 0
    retracted_logs: int = 0
    read_back_logs: int = 0
    retries: int = 0
    first_block: int | None = None
    last_block: int | None = None
    tip_hash: str | None = None
    proofs: dict[str, int] = field(default_factory=dict)
    """How many blocks were proven in which way."""


class Meter:
    """Counts a run's work; its snapshots are progress.json and the numbers of report.json."""

    def __init__(self) -> None:
        self.counters = Counters()
        self._began_at = time.monotonic()
        self._first_commit_began_at: float | None = None
        self._last_commit_at: float | None = None
        self._latencies_ms: list[float] = []
        self._window = Window()
        self.latencies = Histogram()
        """Of all blocks at the head, however many they are."""

    @property
    def seconds(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._began_at

    def begin_work(self) -> None:
        """The first block is about to be fetched: what a rate is measured from."""
        if self._first_commit_began_at is None:
            self._first_commit_began_at = time.monotonic()

    def count_block(
        self, number: int, block_hash: str, logs: int, *, proof: str, unproven_logs: int = 0
    ) -> None:
        """A block was committed."""
        self.count_blocks(number, block_hash, logs, proofs={proof: 1}, unproven_logs=unproven_logs)

    def count_blocks(
        self, number: int, block_hash: str, logs: int, *, proofs: Mapping[str, int], unproven_logs: int = 0
    ) -> None:
        """Blocks were committed, of which ``number`` is the last; so many of them by each proof."""
        counters, blocks = self.counters, sum(proofs.values())
        if counters.first_block is None:
            counters.first_block = number - blocks + 1
        counters.last_block, counters.tip_hash = number, block_hash
        self._count_commit(blocks, logs, proofs, unproven_logs)

    def count_backfilled(
        self, blocks: int, logs: int, *, proofs: Mapping[str, int], unproven_logs: int = 0
    ) -> None:
        """Blocks of a backfill were committed, in no order of heights."""
        self._count_commit(blocks, logs, proofs, unproven_logs)

    def _count_commit(self, blocks: int, logs: int, proofs: Mapping[str, int], unproven_logs: int) -> None:
        counters = self.counters
        counters.blocks += blocks
        counters.logs += logs
        counters.unproven_logs += unproven_logs
        for proof, proven in proofs.items():
            counters.proofs[proof] = counters.proofs.get(proof, 0) + proven
        self._last_commit_at = time.monotonic()
        self._window.add(self._last_commit_at, blocks, logs)

    def count_reorg(self, depth: int, blocks: int, logs: int, *, whole: bool) -> None:
        """Blocks were retracted: ``blocks`` of a reorg that is ``depth`` deep."""
        counters = self.counters
        counters.reorgs += int(whole)
        counters.deepest_reorg = max(counters.deepest_reorg, depth)
        counters.retracted_blocks += blocks
        counters.retracted_logs += logs

    def count_latency(self, seconds: float) -> None:
        """Time from seeing a block at the head to its commit's acknowledgement."""
        if len(self._latencies_ms) < _MAX_SAMPLES:
            self._latencies_ms.append(seconds * 1000)
        self.latencies.add(seconds)
        self._window.add_latency(time.monotonic(), seconds * 1000)

    def logs_per_second(self) -> float:
        """Event logs a second, from the first fetch to the last commit."""
        if self._first_commit_began_at is None or self._last_commit_at is None:
            return 0.0
        return self.counters.logs / max(self._last_commit_at - self._first_commit_began_at, 1e-9)

    def counts(self, retries: int) -> Counts:
        """Every number so far; ``retries`` are those of all that was asked."""
        counters = self.counters
        return Counts(
            blocks=max(0, counters.blocks - counters.retracted_blocks),
            logs=max(0, counters.logs - counters.retracted_logs),
            unproven_logs=counters.unproven_logs,
            reorgs=counters.reorgs,
            deepest_reorg=counters.deepest_reorg,
            retracted_blocks=counters.retracted_blocks,
            retracted_logs=counters.retracted_logs,
            read_back_logs=counters.read_back_logs,
            retries=retries,
            seconds=round(self.seconds, 3),
            logs_per_second=round(self.logs_per_second(), 1),
        )

    def latency_ms(self) -> Latency | None:
        """p50 and p99 of the blocks that were produced at the head; ``None`` when there were none."""
        return build_latency(self._latencies_ms)

    def recent(self) -> Recent:
        """Return what was committed lately."""
        return self._window.look(time.monotonic(), self._first_commit_began_at)


class Range(msgspec.Struct, frozen=True):
    """The heights that a run claimed; ``last`` is ``None`` without an end."""

    first: int
    last: int | None


class Tip(msgspec.Struct, frozen=True):
    """The newest block of the stream."""

    number: int | None
    hash: str


class Report(Counts, frozen=True, kw_only=True, rename="camel"):
    """The end of a run, as report.json and ``--json`` have it, with every number of :class:`Counts`."""

    exit_status: int
    error: str | None
    hint: str | None
    run: str
    attempt: int
    chain_id: int | None
    topic: str
    ledger_topic: str
    proofs: dict[str, int]
    """How many blocks were proven in which way; retracted ones count too."""
    range: Range | None
    first_block: int | None
    last_block: int | None
    tip: Tip | None
    latency_ms: Latency | None

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def format_report(report: dict[str, Any]) -> str:
    """The report for a person."""
    return _format(msgspec.convert(report, Report))


def _format(report: Report) -> str:
    tip = report.tip
    if report.error is not None and report.range is None:
        # It ended before it had the stream: there is nothing to count.
        return f"{'run':16}{report.run}\n{'exit status':16}{_describe_status(report)}"
    has_blocks = bool(report.blocks or report.retracted_blocks)
    rows = [
        ("run", report.run),
        ("blocks", _blocks(report)),
        *(_rows_of_blocks(report) if has_blocks else ()),
        *([("tip", f"block {tip.number}, {tip.hash}")] if tip else ()),
        ("on Kafka", f"{report.topic}, ledger {report.ledger_topic}"),
        *(_rows_of_work(report) if has_blocks else ()),
        ("retries", str(report.retries)),
        ("seconds", f"{report.seconds:.1f}"),
        ("exit status", _describe_status(report)),
    ]
    return "\n".join(f"{name:16}{value}" for name, value in rows)


def _rows_of_blocks(report: Report) -> list[tuple[str, str]]:
    logs = f"{report.logs:,} ({report.logs_per_second:,.0f}/s){format_unproven(report.unproven_logs)}"
    return [("event logs", logs), ("proven by", format_proofs(report.proofs))]


def _rows_of_work(report: Report) -> list[tuple[str, str]]:
    return [("latency", format_latency(report.latency_ms)), ("reorgs", _reorgs(report))]


def _describe_status(report: Report) -> str:
    return f"{report.exit_status} ({ExitStatus(report.exit_status).name.lower()})"


def _blocks(report: Report) -> str:
    if report.first_block is None and report.blocks and report.range is not None:
        # A backfill's are not one after another: some of the range were there before.
        return f"{report.blocks:,} of {report.range.first} to {report.range.last}"
    if report.first_block is None:
        return "none"
    return f"{report.blocks:,}: {report.first_block} to {report.last_block}"


def format_unproven(logs: int) -> str:
    """The end of a line about event logs, where some were left out; empty where none were."""
    return f", {logs:,} more left out: no root of their block commits to them" if logs else ""


def format_proofs(proofs: dict[str, int]) -> str:
    """Return how many blocks were proven in which way, for a person."""
    if len(proofs) == 1:
        return next(iter(proofs))
    return (
        ", ".join(f"{proof} ({counted(blocks, 'block')})" for proof, blocks in sorted(proofs.items()))
        or "nothing"
    )


def _reorgs(report: Report) -> str:
    if not report.retracted_blocks:
        return "none"
    return (
        f"{report.reorgs}, at most {report.deepest_reorg} deep: {report.retracted_blocks:,} blocks"
        f" with {report.retracted_logs:,} event logs retracted, {report.read_back_logs:,} of these read"
        " back from Kafka"
    )


def format_latency(latency: Latency | None) -> str:
    """Return the latency for a person."""
    if latency is None:
        return "not measured: no block was produced at the head"
    return (
        f"p50 {latency.p50} ms, p99 {latency.p99} ms, node to committed, {counted(latency.blocks, 'block')}"
    )
