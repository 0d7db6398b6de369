"""What doctor says of a stream that is there: its tip, and what it is bound to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ethlogs.doctor.checkup import Checkup, Finding
from ethlogs.doctor.kafka import examine_kafka
from ethlogs.node.endpoint import NodeIdentity
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation
from tests.unit.doctor.fake_brokers import LEDGER, TOPIC, FakeBrokers, faked
from tests.unit.samples import IDENTITY, TAIL

CHAIN = NodeIdentity(IDENTITY.chain_id, IDENTITY.genesis_hash)


def begun_stream() -> FakeBrokers:
    brokers = FakeBrokers()
    brokers.tail, brokers.ends = TAIL, {0: 18, 4: 4}
    return brokers


def examine(
    brokers: FakeBrokers, monkeypatch: pytest.MonkeyPatch, chain: NodeIdentity | None = CHAIN
) -> dict[str, Finding]:
    checkup = Checkup(lambda _finding: None)
    with faked(brokers, monkeypatch):
        examine_kafka(checkup, KafkaSettings("kafka:9092"), StreamSettings(), TopicCreation(), chain)
    return {finding.name: finding for finding in checkup.findings}


@pytest.mark.parametrize("chain", [CHAIN, None])
def test_a_stream_that_is_in_order(chain: NodeIdentity | None, monkeypatch: pytest.MonkeyPatch) -> None:
    found = examine(begun_stream(), monkeypatch, chain)
    assert (found["tip"].state, found["tip"].text) == ("ok", "the stream's tip is block 100")
    assert (found["bound to"].state, found["bound to"].text) == (
        "ok",
        "chain id 1, 6 partitions, topic id topic-id",
    )


def recreated(brokers: FakeBrokers) -> None:
    brokers.topic_ids[TOPIC] = "another-id"


def recreated_ledger(brokers: FakeBrokers) -> None:
    brokers.topic_ids[LEDGER] = "another-id"


def repartitioned(brokers: FakeBrokers) -> None:
    brokers.partitions[TOPIC] = 12


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (recreated, "topic id of the event-log topic (it was recreated)"),
        (recreated_ledger, "topic id of the ledger (it was recreated)"),
        (repartitioned, "partition count of the event-log topic: the ledger says 6, now it is 12"),
    ],
)
def test_changed_topics_fail_as_a_run_would_with_the_way_to_start_over(
    change: Callable[[FakeBrokers], None], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers = begun_stream()
    change(brokers)
    found = examine(brokers, monkeypatch)["bound to"]
    assert (found.state, found.exit_status) == ("failed", 3)
    assert text in found.text
    assert f"delete the topics {TOPIC} and {LEDGER}" in str(found.hint)


def only_backfilled() -> FakeBrokers:
    brokers = FakeBrokers()
    brokers.slot, brokers.ends = TAIL, {0: 18, 4: 4}
    return brokers


def test_a_stream_that_was_only_backfilled_is_bound_by_its_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examine(only_backfilled(), monkeypatch)
    assert found["tip"].text == "the stream has 1 backfilled block, and no followed one yet"
    assert found["bound to"].text == "chain id 1, 6 partitions, topic id topic-id"
    brokers = only_backfilled()
    recreated(brokers)
    assert examine(brokers, monkeypatch)["bound to"].state == "failed"


def test_a_topic_that_lost_the_backfilled_records_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = only_backfilled()
    brokers.ends = {0: 16, 4: 4}
    found = examine(brokers, monkeypatch)["tip"]
    assert (found.state, found.exit_status) == ("failed", 7)


def test_another_chain_fails_as_a_run_would(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examine(begun_stream(), monkeypatch, NodeIdentity(5, "0xffff"))["bound to"]
    assert (found.state, found.exit_status) == ("failed", 3)
    assert "chain id: the ledger says 1, now it is 5" in found.text


def test_brokers_without_topic_ids_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = FakeBrokers()
    brokers.topic_ids[TOPIC] = ""
    found = examine(brokers, monkeypatch)["bound to"]
    assert (found.state, found.exit_status, "topic ids" in found.text) == ("failed", 7, True)


def test_records_that_no_ledger_accounts_for_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another tool, or of a ledger that was deleted: a run would refuse them."""
    brokers = FakeBrokers()
    brokers.with_records = {TOPIC}
    found = examine(brokers, monkeypatch)["tip"]
    assert (found.state, "its ledger eth_eventlogs.ledger is empty" in found.text) == ("failed", True)
    assert "another --topic" in str(found.hint)


def test_a_topic_that_lost_the_tips_records_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = begun_stream()
    brokers.ends = {0: 16, 4: 4}
    found = examine(brokers, monkeypatch)["tip"]
    assert (found.state, found.exit_status) == ("failed", 7)
    assert "partition 0 of eth_eventlogs ends at offset 16" in found.text
    assert "unclean leader election" in str(found.hint)
