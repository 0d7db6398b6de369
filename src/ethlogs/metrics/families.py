"""Prometheus metrics of what was seen: pure functions from states to families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from ethlogs.errors import EthlogsError
from ethlogs.metrics.node_reader import LATEST, NodeState
from ethlogs.metrics.stream_state import STREAM_METRICS, StreamMetric, StreamState

Sample = tuple[list[str], float]
_STREAM_LABELS = ("chain_id", "topic")
_NODE_LABELS = ("chain_id", "node")


@dataclass(frozen=True)
class Seen:
    """The results of the last looks, each for as long as it is true."""

    version: str
    streams: Mapping[str, StreamState | EthlogsError] = field(default_factory=dict)
    """Empty where Kafka cannot be used."""
    kafka_up: bool = False
    nodes: Mapping[str, NodeState | None] = field(default_factory=dict)
    """By the node's name; ``None`` where it does not answer well."""
    refreshed_at: Mapping[str, float] = field(default_factory=dict)
    """When each source was last asked, whatever came of it."""

    @property
    def states(self) -> list[StreamState]:
        """The streams that could be read."""
        return [look for look in self.streams.values() if isinstance(look, StreamState)]

    @property
    def node_states(self) -> list[NodeState]:
        """The nodes that answer."""
        return [node for node in self.nodes.values() if node is not None]


def build_families(seen: Seen) -> Iterator[Metric]:
    """Yield every metric that has a value."""
    yield _gauge("ethlogs_build_info", "Version of ethlogs that exports.", ["version"], [([seen.version], 1)])
    yield from _build_source_families(seen)
    yield from _build_node_families(seen.node_states)
    for metric in STREAM_METRICS:
        yield _build_stream_family(metric, seen.states)
    yield _gauge(
        "ethlogs_followed_block_number",
        "Newest block of the nodes that the stream's run would produce, by its --head and --confirmations.",
        _STREAM_LABELS,
        _followed_samples(seen),
    )
    yield _gauge(
        "ethlogs_claim_info",
        "Run and attempt of the newest claim of the followed part.",
        (*_STREAM_LABELS, "run", "attempt", "head"),
        [
            ([*_labels_of(state), claim.run, str(claim.attempt), claim.head], 1)
            for state in seen.states
            if (claim := state.claim) is not None
        ],
    )


def _build_source_families(seen: Seen) -> Iterator[Metric]:
    """Yield what says whether the rest can be believed."""
    yield _gauge("ethlogs_kafka_up", "Whether the brokers answer.", (), [([], float(seen.kafka_up))])
    yield _gauge(
        "ethlogs_stream_up",
        "Whether the stream's ledger could be read.",
        ("topic",),
        [([topic], float(isinstance(look, StreamState))) for topic, look in seen.streams.items()],
    )
    yield _gauge(
        "ethlogs_node_up",
        "Whether the node answers well.",
        ("node",),
        [([name], float(node is not None)) for name, node in seen.nodes.items()],
    )
    yield _gauge(
        "ethlogs_refresh_timestamp_seconds",
        "Time of the last look at a source, whether it answered or not.",
        ("source",),
        [([source], at) for source, at in seen.refreshed_at.items()],
    )


def _build_node_families(nodes: Iterable[NodeState]) -> Iterator[Metric]:
    nodes = list(nodes)
    yield _gauge(
        "ethlogs_node_head_block_number",
        "Number of the node's newest block.",
        _NODE_LABELS,
        [([str(node.chain_id), node.name], node.heights[LATEST]) for node in nodes],
    )
    yield _gauge(
        "ethlogs_node_head_timestamp_seconds",
        "Timestamp of the node's newest block, as its header has it.",
        _NODE_LABELS,
        [([str(node.chain_id), node.name], node.head_timestamp) for node in nodes],
    )
    yield _gauge(
        "ethlogs_node_finalized_block_number",
        "Number of the node's finalized block.",
        _NODE_LABELS,
        [
            ([str(node.chain_id), node.name], node.heights["finalized"])
            for node in nodes
            if "finalized" in node.heights
        ],
    )


def _build_stream_family(metric: StreamMetric, states: Iterable[StreamState]) -> Metric:
    samples = [(_labels_of(state), metric.value(state)) for state in states]
    build = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = build(metric.name, metric.help, labels=_STREAM_LABELS)
    for labels, value in samples:
        if value is not None:
            family.add_metric(labels, value)
    return family


def _followed_samples(seen: Seen) -> Iterator[Sample]:
    for state in seen.states:
        claim = state.claim
        if claim is None:
            continue
        heights = [
            node.heights[claim.head]
            for node in seen.node_states
            if node.chain_id == state.chain_id and claim.head in node.heights
        ]
        if heights:
            yield _labels_of(state), max(0, max(heights) - claim.confirmations)


def _labels_of(state: StreamState) -> list[str]:
    """A stream that nobody has claimed yet is bound to no chain."""
    return ["" if state.chain_id is None else str(state.chain_id), state.topic]


def _gauge(name: str, text: str, labels: Iterable[str], samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    for values, value in samples:
        family.add_metric(values, value)
    return family
