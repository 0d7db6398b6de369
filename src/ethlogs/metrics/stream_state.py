"""The state of a stream for its metrics, and the one table of these metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ethlogs.backfill.ownership import find_holder
from ethlogs.backfill.plan import LedgerEnds
from ethlogs.follow.ownership import is_held
from ethlogs.ledger import BlockRecord, Claim

MetricKind = Literal["gauge", "counter"]


@dataclass(frozen=True)
class StreamState:
    """A stream, by the ends of its ledger's partitions."""

    topic: str
    ends: LedgerEnds

    @property
    def claim(self) -> Claim | None:
        """The follower's newest claim."""
        newest = self.ends.follower.newest
        return newest.claim if newest else None

    @property
    def chain_id(self) -> int | None:
        """The chain that the stream is bound to; ``None`` before its first claim."""
        identity = self.ends.identity
        return None if identity is None else identity.chain_id

    @property
    def tip(self) -> BlockRecord | None:
        """The newest block of the followed part."""
        return self.ends.follower.tip

    @property
    def ended_parts(self) -> list[BlockRecord]:
        """The last block record of each partition that has one: each counts its own partition."""
        return [*([self.tip] if self.tip else []), *self.ends.slot_tips]


class StreamMetric(NamedTuple):
    """One metric of a stream, with the labels chain_id and topic."""

    name: str
    kind: MetricKind
    help: str
    value: Callable[[StreamState], float | None]
    """``None`` where the stream has no such value yet: then there is no sample."""


def _sum_of(count: Callable[[BlockRecord], int]) -> Callable[[StreamState], float]:
    return lambda state: float(sum(count(record) for record in state.ended_parts))


def _of_tip(value: Callable[[BlockRecord], float | None]) -> Callable[[StreamState], float | None]:
    return lambda state: None if state.tip is None else value(state.tip)


def _is_open(state: StreamState) -> float:
    return float(not all(tail.stable for tail in state.ends.tails.values()))


def _last_commit(state: StreamState) -> float | None:
    return state.ends.follower.committed_at


def _claimed_at(state: StreamState) -> float | None:
    return None if state.claim is None else float(state.claim.claimed_at)


def _last_block(state: StreamState) -> float | None:
    last = None if state.claim is None else state.claim.last_block
    return None if last is None else float(last)


def _missing(state: StreamState) -> float | None:
    return state.ends.missing_blocks


def _backfilled(state: StreamState) -> float:
    return float(state.ends.backfilled_blocks)


def _is_backfill_running(state: StreamState) -> float:
    return float(find_holder(state.ends, "") is not None)


# A ledger counts what it holds, which a reorg takes back; a counter must never fall, so what was taken back
# is added again.
STREAM_METRICS = (
    StreamMetric(
        "ethlogs_tip_block_number",
        "gauge",
        "Number of the newest block of the followed part.",
        _of_tip(lambda tip: tip.block_number),
    ),
    StreamMetric(
        "ethlogs_tip_block_timestamp_seconds",
        "gauge",
        "Timestamp of the newest block of the followed part, as its header has it.",
        _of_tip(lambda tip: tip.block_timestamp),
    ),
    StreamMetric(
        "ethlogs_finalized_block_number",
        "gauge",
        "Number of the newest block that the ledger has as finalized.",
        _of_tip(lambda tip: tip.finalized),
    ),
    StreamMetric(
        "ethlogs_blocks_total",
        "counter",
        "Blocks committed, followed and backfilled, those that a reorg took back included.",
        _sum_of(lambda record: record.stream_blocks + record.stream_reorgs.blocks),
    ),
    StreamMetric(
        "ethlogs_event_logs_total",
        "counter",
        "Event logs committed, those that a reorg took back included.",
        _sum_of(lambda record: record.stream_logs + record.stream_reorgs.logs),
    ),
    StreamMetric(
        "ethlogs_unproven_event_logs",
        "gauge",
        "Event logs that were left out because no root of their block commits to them.",
        _sum_of(lambda record: record.stream_unproven_logs),
    ),
    StreamMetric(
        "ethlogs_reorgs_total",
        "counter",
        "Reorgs of the chain that were retracted.",
        _sum_of(lambda record: record.stream_reorgs.count),
    ),
    StreamMetric(
        "ethlogs_retracted_blocks_total",
        "counter",
        "Blocks that reorgs took back.",
        _sum_of(lambda record: record.stream_reorgs.blocks),
    ),
    StreamMetric(
        "ethlogs_retracted_event_logs_total",
        "counter",
        "Event logs that reorgs took back.",
        _sum_of(lambda record: record.stream_reorgs.logs),
    ),
    StreamMetric(
        "ethlogs_deepest_reorg_blocks",
        "gauge",
        "Depth of the stream's deepest reorg.",
        _of_tip(lambda tip: tip.stream_reorgs.deepest),
    ),
    StreamMetric(
        "ethlogs_last_commit_timestamp_seconds",
        "gauge",
        "Time of the follower's newest commit; one that waits for a block commits every 10 seconds too.",
        _last_commit,
    ),
    StreamMetric(
        "ethlogs_claim_timestamp_seconds",
        "gauge",
        "Time of the newest claim of the followed part.",
        _claimed_at,
    ),
    StreamMetric(
        "ethlogs_claim_last_block_number",
        "gauge",
        "Last block of the newest claim of the followed part; absent where it has no end.",
        _last_block,
    ),
    StreamMetric(
        "ethlogs_held",
        "gauge",
        "Whether a run holds the followed part: it has blocks left and has not released its claim.",
        lambda state: float(is_held(state.ends.follower)),
    ),
    StreamMetric(
        "ethlogs_open_transaction",
        "gauge",
        "Whether a transaction is open on the ledger.",
        _is_open,
    ),
    StreamMetric(
        "ethlogs_backfilled_blocks",
        "gauge",
        "Blocks that backfills have filled.",
        _backfilled,
    ),
    StreamMetric(
        "ethlogs_backfill_missing_blocks",
        "gauge",
        "Blocks that are missing of the ranges of the newest backfills.",
        _missing,
    ),
    StreamMetric(
        "ethlogs_backfill_held",
        "gauge",
        "Whether a backfill holds the slots: it has blocks left and has not released its claims.",
        _is_backfill_running,
    ),
)
