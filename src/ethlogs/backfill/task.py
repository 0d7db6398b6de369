"""A task on an executor: it walks a segment's headers, or fills a piece of a slot.

What a task returns is for people: what is done is what the ledger says.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ethlogs.backfill.fill import TASK_SECONDS, SlotFiller, TaskSupersededError
from ethlogs.backfill.link import Segment, walk_segment
from ethlogs.backfill.shipped import ShippedSettings
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import EthlogsError
from ethlogs.kafka.client_config import uses_gssapi
from ethlogs.kerberos.package import require_gssapi
from ethlogs.ledger import StreamIdentity
from ethlogs.node import BlockSource, Node, NodeIdentity
from ethlogs.settings import RunSettings
from ethlogs.stream.identity import StreamTopics


@dataclass(frozen=True)
class TaskSettings:
    """The settings of every task of a run."""

    shipped: ShippedSettings
    attempt: int
    topics: StreamTopics
    identity: StreamIdentity
    first: int
    last: int
    """The heights that the run was asked for."""
    slot_ends: dict[int, int]
    """Where each slot ended when the run's first attempt looked."""
    requests: int
    """How many requests to a node one task has under way."""

    @property
    def run(self) -> RunSettings:
        """The settings of the run."""
        return self.shipped.settings


@dataclass(frozen=True)
class Piece:
    """Heights of one slot, each with its linked hash."""

    slot: int
    heights: tuple[int, ...]
    hashes: bytes = field(repr=False)


@dataclass
class TaskEnd:
    """The end of a task: its result, its error, its notices."""

    error: EthlogsError | None = None
    segment: Segment | None = None
    retries: int = 0
    notices: list[str] = field(default_factory=list)


def run_segment(settings: TaskSettings, number: int, first: int, last: int) -> TaskEnd:
    """Walk the headers of a segment, as far as the time of a task reaches."""

    def walk(source: BlockSource, _stop: StopSwitch, end: TaskEnd) -> None:
        end.segment = walk_segment(source, first, last, settings.requests, TASK_SECONDS)

    return _run(settings, number, walk)


def run_piece(settings: TaskSettings, number: int, piece: Piece) -> TaskEnd:
    """Fill a piece of a slot, as far as the time of a task reaches."""

    def fill(source: BlockSource, stop: StopSwitch, end: TaskEnd) -> None:
        filler = SlotFiller(
            settings.run, settings.attempt, settings.topics, settings.identity,
            (settings.first, settings.last), settings.slot_ends, settings.requests, stop,
        )  # fmt: skip
        with contextlib.suppress(TaskSupersededError):
            filler.fill(source, piece.slot, piece.heights, piece.hashes)
        end.retries += filler.retries

    return _run(settings, number, fill)


def _run(
    settings: TaskSettings, number: int, work: Callable[[BlockSource, StopSwitch, TaskEnd], None]
) -> TaskEnd:
    """Do something with a node; an error is returned, or Spark would only try again."""
    end, stop = TaskEnd(), StopSwitch()
    run = settings.run
    try:
        _authenticate(run)
        with open_node(settings, number, stop, end) as node:
            source = BlockSource(node, run.follow.proof, run.node.patience_seconds, stop, end.notices.append)
            work(source, stop, end)
            end.retries += node.retries + source.retries
    except EthlogsError as exc:
        end.error = exc
    return end


def _authenticate(run: RunSettings) -> None:
    """Hold a ticket in this worker, where Kafka asks for one."""
    if run.kerberos is None or not uses_gssapi(run.kafka):
        return
    require_gssapi()
    from ethlogs.kerberos.worker_ticket import hold_ticket

    hold_ticket(run.kerberos, run.kafka.patience_seconds)


@contextlib.contextmanager
def open_node(settings: TaskSettings, number: int, stop: StopSwitch, end: TaskEnd) -> Iterator[Node]:
    """Open the node; each task begins with another URL, so that all share the work.

    The driver has had answers of it: a node that is away now has its whole patience, unlike a wrong URL.
    """
    urls = settings.run.node.urls
    turn = number % len(urls)
    turned = replace(settings.run.node, urls=(*urls[turn:], *urls[:turn]))
    with contextlib.closing(Node(turned, stop, end.notices.append)) as node:
        node.bind(NodeIdentity(settings.identity.chain_id, settings.identity.genesis_hash))
        yield node
