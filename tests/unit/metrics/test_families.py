"""What is seen, as text for Prometheus."""

from __future__ import annotations

import dataclasses
import re

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import TopicError
from ethlogs.metrics.families import Seen, build_families
from ethlogs.metrics.node_reader import NodeState
from ethlogs.metrics.stream_state import StreamState
from ethlogs.stream.tail import Claimed
from tests.unit.metrics.states import EMPTY, FOLLOWER, NODE, STATE
from tests.unit.samples import CLAIM, EMPTY_TAIL

SEEN = Seen(
    "0.1.0",
    streams={"eth_eventlogs": STATE, "new": EMPTY, "gone": TopicError("there is no stream")},
    kafka_up=True,
    nodes={NODE.name: NODE, "http://other:8545": None},
    refreshed_at={"kafka": 1_760_000_040.0},
)
STREAM = '{chain_id="1",topic="eth_eventlogs"}'


class Fixed(Collector):
    """Collects what a test made."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def collect(self) -> object:  # type: ignore[override]  # a generator is an iterable of metrics
        return build_families(self._seen)


def text_of(seen: Seen) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Fixed(seen))
    return generate_latest(registry).decode()


@pytest.mark.parametrize(
    "line",
    [
        'ethlogs_build_info{version="0.1.0"} 1.0',
        "ethlogs_kafka_up 1.0",
        'ethlogs_stream_up{topic="eth_eventlogs"} 1.0',
        'ethlogs_stream_up{topic="gone"} 0.0',
        'ethlogs_node_up{node="http://geth:8545"} 1.0',
        'ethlogs_node_up{node="http://other:8545"} 0.0',
        'ethlogs_refresh_timestamp_seconds{source="kafka"} 1.76000004e+09',
        'ethlogs_node_head_block_number{chain_id="1",node="http://geth:8545"} 112.0',
        'ethlogs_node_finalized_block_number{chain_id="1",node="http://geth:8545"} 50.0',
        f"ethlogs_tip_block_number{STREAM} 110.0",
        f"ethlogs_event_logs_total{STREAM} 235.0",
        f"ethlogs_followed_block_number{STREAM} 112.0",
        'ethlogs_claim_info{attempt="1",chain_id="1",head="latest",run="20260101-000000-abcdef",'
        'topic="eth_eventlogs"} 1.0',
        'ethlogs_blocks_total{chain_id="",topic="new"} 0.0',
    ],
)
def test_what_is_seen_is_exported(line: str) -> None:
    lines = {
        re.sub(r"\{(.*)\}", lambda match: "{" + ",".join(sorted(match[1].split(","))) + "}", found)
        for found in text_of(SEEN).splitlines()
    }
    assert line in lines


def test_every_metric_has_a_help_line_with_a_full_stop_and_a_name_of_this_product() -> None:
    families = list(build_families(SEEN))
    assert len({family.name for family in families}) == len(families)
    assert [family.name for family in families if not family.documentation.endswith(".")] == []
    assert [family.name for family in families if not family.name.startswith("ethlogs_")] == []


def test_nothing_is_exported_of_what_does_not_answer() -> None:
    text = text_of(Seen("0.1.0", nodes={NODE.name: None}))
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert samples == [
        'ethlogs_build_info{version="0.1.0"} 1.0',
        "ethlogs_kafka_up 0.0",
        'ethlogs_node_up{node="http://geth:8545"} 0.0',
    ]


@pytest.mark.parametrize(
    ("head", "confirmations", "nodes", "followed"),
    [
        ("latest", 0, [NODE], 112),
        ("latest", 12, [NODE], 100),
        ("finalized", 0, [NODE], 50),
        ("safe", 0, [NODE], None),
        ("latest", 0, [NODE, dataclasses.replace(NODE, name="b", heights={"latest": 115})], 115),
        ("latest", 0, [NodeState("another chain's", 5, {"latest": 900})], None),
    ],
)
def test_the_block_that_a_stream_follows_is_that_of_its_own_head_and_confirmations(
    head: str, confirmations: int, nodes: list[NodeState], followed: int | None
) -> None:
    claim = replace(CLAIM, head=head, confirmations=confirmations)
    follower = dataclasses.replace(FOLLOWER, newest=Claimed(claim, 7))
    state = StreamState("eth_eventlogs", LedgerEnds({0: follower, 1: EMPTY_TAIL}))
    seen = Seen("0.1.0", {"eth_eventlogs": state}, True, {node.name: node for node in nodes})
    (family,) = (family for family in build_families(seen) if family.name == "ethlogs_followed_block_number")
    assert [sample.value for sample in family.samples] == ([] if followed is None else [followed])
