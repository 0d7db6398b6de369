"""The state of a stream, read from its ledger and its node; nothing is written."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.cancellation import StopSwitch
from ethlogs.counted import counted
from ethlogs.errors import SettingsError, TopicError
from ethlogs.follow.head import HeadWatcher
from ethlogs.follow.heartbeat import IDLE_SECONDS
from ethlogs.follow.ownership import is_held
from ethlogs.kafka.rights import READER
from ethlogs.kafka.topics import admin_client, describe_topic
from ethlogs.ledger import BlockRecord, Claim, Reorgs
from ethlogs.node import Node
from ethlogs.run.report import format_unproven
from ethlogs.settings import FollowSettings, Head, KafkaSettings, NodeSettings, StreamSettings
from ethlogs.stream.tail import Tail, read_tails

Following = Literal["yes", "no", "unknown"]
_FOLLOWING: Mapping[Following, str] = {
    "yes": "yes, a run commits",
    "unknown": "unknown: the newest run has not released the stream, and commits nothing now; a new run would"
    " watch it for 30 seconds and then take over",
}
_FRESH_SECONDS = 2 * IDLE_SECONDS
"""A run that lives commits something every ten seconds, if only its claim; a busy machine may hold it up."""


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A stream's tip, its age and lag, and the run that wrote it; names as in ``--json``."""

    topic: str
    ledger_topic: str
    tip: int | None
    hash: str | None
    block_timestamp: int | None
    age_seconds: int | None
    head: int | None
    """The node's newest block."""
    follows: str | None
    """What the run that holds the stream follows: ``latest``, ``safe`` or ``finalized``."""
    followed: int | None
    """The node's newest block that this run would produce, ``--confirmations`` below what it follows."""
    lag: int | None
    """How far the tip is behind ``followed``."""
    finalized: int | None
    blocks: int | None
    """How many blocks of the followed part there are; a backfill's come beside them."""
    logs: int | None
    backfilled_blocks: int
    backfilled_logs: int
    backfilled_unproven_logs: int
    """Event logs of the backfilled blocks that were left out, as in ``unproven_logs``."""
    missing_blocks: int | None
    """How many blocks the newest backfills lack of their ranges; ``None`` where there was none."""
    unproven_logs: int | None
    """Event logs of the followed blocks that were left out because no root of their block commits to them."""
    reorgs: Reorgs | None
    """``count``, ``deepest`` in blocks, and the retracted ``blocks`` and ``logs``, since the stream began."""
    run: str | None
    attempt: int | None
    first_block: int | None
    last_block: int | None
    blocks_of_run: int | None
    proof: str | None
    """What was shown of the tip."""
    chain_id: int | None
    writing: bool
    """Whether a transaction is open now: somebody is writing."""
    following: Following
    """Whether a run follows the stream: ``unknown`` where one claims it and has committed nothing lately."""
    at: int
    """When the status was taken, in seconds since 1970."""

    def to_dict(self) -> dict[str, Any]:
        """Return the status as a JSON object."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built

    def exceeded(self, max_lag: int | None, max_age_seconds: float | None) -> list[str]:
        """Return which limits of ``--max-lag`` and ``--max-age`` are exceeded, one sentence each."""
        found = []
        if self.tip is None and (max_lag is not None or max_age_seconds is not None):
            return ["the stream has no followed block yet"]
        if max_lag is not None and self.lag is not None and self.lag > max_lag:
            found.append(
                f"the stream is {self.lag} blocks behind block {self.followed}, the newest that it follows"
                f" ({self.follows}); --max-lag is {max_lag}"
            )
        if (
            max_age_seconds is not None
            and self.age_seconds is not None
            and self.age_seconds > max_age_seconds
        ):
            found.append(f"the tip is {self.age_seconds} seconds old, --max-age is {max_age_seconds:g}")
        return found


def fetch_status(kafka: KafkaSettings, stream: StreamSettings, node: NodeSettings | None) -> StreamStatus:
    """Read the ledger's tail and, where a node is given, its head.

    Raises
    ------
    TopicError
        When the ledger does not exist.
    NodeUnavailableError, KafkaUnavailableError
        When one of them does not answer.
    """
    with admin_client(kafka) as client:
        ledger = describe_topic(client, stream.ledger_topic, READER)
        if ledger is None:
            raise TopicError(
                f"there is no stream: the ledger {stream.ledger_topic} does not exist",
                hint="ethlogs produce --create-topics begins one. A run that was just submitted does so once"
                " its driver is up, which ethlogs tail shows. Is --topic right?",
            )
    ends = LedgerEnds(read_tails(kafka, stream.ledger_topic, range(ledger.partitions)))
    heads = _fetch_heads(node, ends) if node else (None, None)
    return _build_status(stream, ends, *heads)


def _fetch_heads(settings: NodeSettings, ends: LedgerEnds) -> tuple[int, int | None]:
    """Return the node's newest block, and the newest that the stream's run may produce."""
    with contextlib.closing(Node(settings, StopSwitch(), _ignore)) as node:
        chain = node.connect()
        bound = ends.identity
        if bound is not None and (bound.chain_id, bound.genesis_hash) != (chain.chain_id, chain.genesis_hash):
            raise SettingsError(
                f"node {node.name} has chain id {chain.chain_id} and genesis {chain.genesis_hash}, the stream"
                f" is of chain id {bound.chain_id} and genesis {bound.genesis_hash}",
                hint="give --node-url of a node of the stream's chain",
            )
        newest = ends.follower.newest
        claim = newest.claim if newest else None
        latest = node.fetch_quantity("eth_blockNumber")
        if claim is None or (claim.head == "latest" and not claim.confirmations):
            return latest, latest
        follow = FollowSettings(claim.confirmations, cast(Head, claim.head))
        followed = HeadWatcher(node, follow, settings.patience_seconds, StopSwitch(), _ignore).look()
        return latest, followed if followed >= 0 else None


def _ignore(_notice: str) -> None:
    """Drop a notice: the exit status shows an alert."""


def _build_status(
    stream: StreamSettings, ends: LedgerEnds, head: int | None, followed: int | None = None
) -> StreamStatus:
    tail = ends.follower
    tip, claim = tail.tip, tail.newest.claim if tail.newest else None
    return StreamStatus(
        topic=stream.topic,
        ledger_topic=stream.ledger_topic,
        tip=tip.block_number if tip else None,
        hash=tip.block_hash if tip else None,
        block_timestamp=tip.block_timestamp if tip else None,
        age_seconds=max(0, int(time.time()) - tip.block_timestamp) if tip else None,
        head=head,
        follows=claim.head if claim else None,
        followed=followed,
        lag=max(0, followed - tip.block_number) if tip and followed is not None else None,
        finalized=tip.finalized if tip else None,
        blocks=tip.stream_blocks if tip else None,
        logs=tip.stream_logs if tip else None,
        backfilled_blocks=ends.backfilled_blocks,
        backfilled_logs=ends.backfilled_logs,
        backfilled_unproven_logs=ends.backfilled_unproven_logs,
        missing_blocks=ends.missing_blocks,
        unproven_logs=tip.stream_unproven_logs if tip else None,
        reorgs=tip.stream_reorgs if tip else None,
        run=claim.run if claim else None,
        attempt=claim.attempt if claim else None,
        first_block=claim.first_block if claim else None,
        last_block=claim.last_block if claim else None,
        blocks_of_run=_blocks_of_run(tip, claim),
        proof=tip.proof if tip else None,
        chain_id=ends.identity.chain_id if ends.identity else None,
        writing=not tail.stable,
        following=_following(tail),
        at=int(time.time()),
    )


def _following(tail: Tail) -> Following:
    """Return whether a run follows, by its claim and its newest commit.

    The time of a commit is by the clock of the run's machine: where that is another time, it says nothing.
    """
    if not is_held(tail):
        return "no"
    is_fresh = tail.committed_at is not None and abs(time.time() - tail.committed_at) <= _FRESH_SECONDS
    return "yes" if is_fresh or not tail.stable else "unknown"


def seen_since(earlier: StreamStatus, now: StreamStatus) -> StreamStatus:
    """Return the status with what two looks show: where the tip or the claim moved, a run follows."""
    moved = (earlier.hash, earlier.run, earlier.attempt) != (now.hash, now.run, now.attempt)
    if now.following == "unknown" and moved:
        return msgspec.structs.replace(now, following="yes")
    return now


def _blocks_of_run(tip: BlockRecord | None, claim: Claim | None) -> int | None:
    if claim is None:
        return None
    return max(0, tip.block_number - claim.first_block + 1) if tip else 0


def format_status(status: StreamStatus) -> str:
    """The status for a person."""
    if status.tip is None:
        tip = "none yet"
    else:
        tip = f"block {status.tip}, {status.hash}, {status.age_seconds} seconds old, proven by {status.proof}"
    rows = [
        ("at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(status.at))),
        ("stream", f"{status.topic}, ledger {status.ledger_topic}, chain {_or_none(status.chain_id)}"),
        ("tip", tip),
        ("head", _head(status)),
        ("so far", _so_far(status)),
        *([("backfilled", _backfilled(status))] if status.missing_blocks is not None else []),
        ("reorgs", _reorgs(status.reorgs)),
        ("newest claim", _claim(status)),
        ("following", _FOLLOWING.get(status.following) or f"no: {_why_not(status)}"),
        ("writing", "yes, a transaction is open" if status.writing else "no transaction is open"),
    ]
    return "\n".join(f"{name:14}{value}" for name, value in rows)


def summarize(status: StreamStatus) -> str:
    """Return where the stream stands, in one sentence."""
    if status.tip is None:
        return f"{status.topic} has no followed block yet"
    lag = "" if status.lag is None else f", {counted(status.lag, 'block')} behind the node"
    return f"the tip of {status.topic} is block {status.tip}, {status.age_seconds} seconds old{lag}"


def _so_far(status: StreamStatus) -> str:
    left_out = format_unproven(status.unproven_logs or 0)
    return f"{status.blocks or 0:,} blocks, {status.logs or 0:,} event logs{left_out}"


def _backfilled(status: StreamStatus) -> str:
    left_out = format_unproven(status.backfilled_unproven_logs)
    filled = f"{status.backfilled_blocks:,} blocks, {status.backfilled_logs:,} event logs{left_out}"
    return f"{filled}; {status.missing_blocks:,} more are asked for" if status.missing_blocks else filled


def _head(status: StreamStatus) -> str:
    if status.head is None:
        return "not asked: no --node-url"
    head = f"block {status.head}"
    if status.followed != status.head:
        head += f", followed up to {_or_none(status.followed)} ({status.follows})"
    return f"{head}, lag {_or_none(status.lag)}"


def _reorgs(reorgs: Reorgs | None) -> str:
    if not reorgs or not reorgs.blocks:
        return "none"
    return (
        f"{reorgs.count}, at most {reorgs.deepest} blocks deep; retracted {reorgs.blocks:,} blocks"
        f" with {reorgs.logs:,} event logs"
    )


def _why_not(status: StreamStatus) -> str:
    """Return why no run follows: a claim that is neither finished nor released would be another answer."""
    if status.run is None:
        return "ethlogs produce has not been run on this stream"
    if status.last_block is not None and status.tip is not None and status.tip >= status.last_block:
        return f"the newest run has finished, its last block was {status.last_block}"
    return "the newest run was stopped, or ended with an error, before its last block"


def _claim(status: StreamStatus) -> str:
    if status.run is None:
        return "none"
    end = "without end" if status.last_block is None else f"to {status.last_block}"
    return f"run {status.run}, from block {status.first_block} {end}, {status.blocks_of_run} blocks done"


def _or_none(value: int | None) -> str:
    return "none" if value is None else str(value)
