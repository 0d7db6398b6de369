"""Looking again and again, with sources that fail on purpose: a real one fails in one way at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ethlogs.errors import (
    EthlogsError,
    KafkaUnavailableError,
    NodeUnavailableError,
    NotAuthorizedError,
    SettingsError,
)
from ethlogs.metrics.exporter import Exporter
from ethlogs.metrics.node_reader import NodeState
from ethlogs.metrics.stream_state import StreamState
from tests.harness.running import wait_until
from tests.unit.metrics.states import NODE, STATE


class FakeSource:
    """Gives its answer, or raises it."""

    name = NODE.name

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.looks = 0
        self.closed = False

    def look(self) -> Any:
        self.looks += 1
        if isinstance(self.answer, EthlogsError):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed = True


def values_of(exporter: Exporter) -> Mapping[str, float]:
    return {sample.name: sample.value for family in exporter.collect() for sample in family.samples}


def make_exporter(streams: FakeSource, node: FakeSource, told: list[str]) -> Exporter:
    return Exporter("0.1.0", streams, (node,), 0.01, told.append)


def test_a_scrape_asks_nobody() -> None:
    streams, node = FakeSource({STATE.topic: STATE}), FakeSource(NODE)
    exporter = Exporter("0.1.0", streams, (node,), 3600.0, lambda _text: None)
    with exporter.looking_first():
        wait_until(lambda: "ethlogs_node_head_block_number" in values_of(exporter), "the node was asked")
        for _ in range(50):
            values_of(exporter)
        assert (streams.looks, node.looks) == (1, 1)


def test_what_is_away_is_a_metric_and_told_once_until_it_is_back() -> None:
    told: list[str] = []
    streams, node = FakeSource(KafkaUnavailableError("no broker answers")), FakeSource(NODE)
    with make_exporter(streams, node, told).looking_first() as exporter:
        assert values_of(exporter)["ethlogs_kafka_up"] == 0
        wait_until(lambda: streams.looks > 5, "it looks again")
        streams.answer = {STATE.topic: STATE}
        wait_until(lambda: values_of(exporter).get("ethlogs_tip_block_number") == 110, "it is back")
        node.answer = NodeUnavailableError("no answer")
        wait_until(lambda: values_of(exporter)["ethlogs_node_up"] == 0, "the node is away")
        assert "ethlogs_node_head_block_number" not in values_of(exporter)
        assert values_of(exporter)["ethlogs_tip_block_number"] == 110
    assert told == [
        "no broker answers; looking again every 0.01 seconds",
        "kafka can be read again",
        "no answer; looking again every 0.01 seconds",
    ]
    wait_until(lambda: streams.closed and node.closed, "the connections are closed")


def test_a_stream_that_cannot_be_read_does_not_hide_another_one() -> None:
    looks: dict[str, StreamState | EthlogsError] = {
        STATE.topic: STATE,
        "secret": NotAuthorizedError("this principal has no READ"),
    }
    told: list[str] = []
    with make_exporter(FakeSource(looks), FakeSource(NODE), told).looking_first() as exporter:
        up = {
            sample.labels["topic"]: sample.value
            for family in exporter.collect()
            for sample in family.samples
            if sample.name == "ethlogs_stream_up"
        }
    assert up == {STATE.topic: 1, "secret": 0}
    assert told[0].startswith("this principal has no READ")


def test_a_wrong_setting_ends_the_exporter_at_its_start() -> None:
    with (
        pytest.raises(SettingsError, match="no such protocol"),
        make_exporter(FakeSource(SettingsError("no such protocol")), FakeSource(NODE), []).looking_first(),
    ):
        pass


def test_a_node_of_another_chain_is_exported_as_that() -> None:
    node = FakeSource(NodeState(NODE.name, 5, {"latest": 9}, 1))
    with make_exporter(FakeSource({STATE.topic: STATE}), node, []) as exporter:
        wait_until(lambda: "ethlogs_node_head_block_number" in values_of(exporter), "the node was asked")
        chains = {
            sample.labels["chain_id"]
            for family in exporter.collect()
            for sample in family.samples
            if sample.name == "ethlogs_node_head_block_number"
        }
    assert chains == {"5"}


def test_without_a_first_look_a_wrong_setting_is_told_and_ends_nothing() -> None:
    told: list[str] = []
    streams = FakeSource(SettingsError("no such protocol"))
    with make_exporter(streams, FakeSource(NODE), told) as exporter:
        wait_until(lambda: streams.looks > 2, "it looks again")
        assert values_of(exporter)["ethlogs_kafka_up"] == 0
    assert told == ["no such protocol; looking again every 0.01 seconds"]
