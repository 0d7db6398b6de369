"""Streams and topics that a run must not write to: refused before anything is written."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ConfigResource,
    ResourcePattern,
    ResourceType,
)
from web3 import Web3

from ethlogs import produceAllEventLogs
from ethlogs.errors import (
    DeliveryError,
    KafkaUnavailableError,
    LedgerError,
    NotAuthorizedError,
    SettingsError,
    TopicError,
)
from ethlogs_devnet import GethNode, KafkaBroker
from tests.harness.brokers import add_acls
from tests.harness.running import another_run, build_settings, run
from tests.harness.streams import (
    Stream,
    admin_client,
    assert_exactly_once,
    create_stream,
    create_topic,
    create_when_gone,
    plant,
    read_ends,
)
from tests.integration.conftest import ODD_BLOCKS

pytestmark = pytest.mark.services

QUICK = (("bootstrap.timeout.ms", "500"),)
"""How long the client looks for a first broker: its default is made for brokers that are restarting."""


def test_missing_topics_are_named_with_the_flag_that_creates_them(stream: Stream, geth: GethNode) -> None:
    outcome = run(build_settings(stream, geth.url, start="1", blocks=1, create=False))
    outcome.assert_failed(TopicError, f"the topic {stream.topic} does not exist", hint="--create-topics")
    assert outcome.report["exitStatus"] == 7


def test_a_missing_ledger_is_named_too(stream: Stream, geth: GethNode) -> None:
    create_topic(stream.bootstrap, stream.topic)
    outcome = run(build_settings(stream, geth.url, start="1", blocks=1, create=False))
    outcome.assert_failed(TopicError, f"the topic {stream.ledger} does not exist", hint="--create-topics")


def test_topics_are_created_with_settings_that_keep_what_is_on_them(stream: Stream, geth: GethNode) -> None:
    run(build_settings(stream, geth.url, start="1", blocks=1, partitions=5)).assert_done()
    logs, ledger = read_config(stream, stream.topic), read_config(stream, stream.ledger)
    assert (logs["cleanup.policy"], logs["retention.ms"], logs["retention.bytes"]) == ("delete", "-1", "-1")
    assert int(logs["max.message.bytes"]) == 16 << 20
    assert ledger["cleanup.policy"] == "compact"
    assert len(stream.event_logs()) == 5


def test_a_compacted_event_log_topic_is_refused(stream: Stream, geth: GethNode) -> None:
    create_stream(stream, cleanup_policy="compact")
    outcome = run(build_settings(stream, geth.url, start="1", blocks=1))
    outcome.assert_failed(TopicError, f"{stream.topic} is compacted", hint="cleanup.policy=delete")
    assert stream.is_untouched()


def test_a_ledger_that_is_not_compacted_is_refused(stream: Stream, geth: GethNode) -> None:
    create_topic(stream.bootstrap, stream.topic)
    create_topic(stream.bootstrap, stream.ledger, 2, cleanup_policy="delete")
    outcome = run(build_settings(stream, geth.url, start="1", blocks=1))
    outcome.assert_failed(TopicError, "cleanup.policy=delete", hint="cleanup.policy=compact")
    assert stream.is_untouched()


def test_finite_retention_is_warned_of(stream: Stream, geth: GethNode) -> None:
    create_stream(stream, retention_ms="86400000")
    outcome = run(build_settings(stream, geth.url, start="1", blocks=1)).assert_done()
    assert any("retention.ms=86400000" in notice for notice in outcome.notices)


@pytest.mark.parametrize(
    ("value", "said", "hint"),
    [
        (b'{"user":"alice","format":"csv"}', "is not a record that ethlogs wrote", "Only ethlogs may have"),
        (b"not even JSON", "is not a record that ethlogs wrote", "Only ethlogs may have"),
        (json.dumps({"format": 2, "anything": 1}).encode(), "has format 2", "a newer one"),
    ],
    ids=["another program's JSON", "no JSON", "a newer format"],
)
def test_a_ledger_with_foreign_records_is_refused(
    stream: Stream, geth: GethNode, value: bytes, said: str, hint: str
) -> None:
    create_stream(stream)
    plant(stream.bootstrap, stream.ledger, (0, b"7", value))
    outcome = run(build_settings(stream, geth.url, start="1", blocks=1))
    outcome.assert_failed(LedgerError, stream.ledger, said, hint=hint)
    assert not any(stream.event_logs().values())


def test_a_stream_of_another_chain_is_refused(stream: Stream, geth: GethNode, odd_geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="1", blocks=1)
    run(settings).assert_done()
    outcome = run(build_settings(stream, odd_geth.url, blocks=1))
    outcome.assert_failed(
        SettingsError, "chain id: the ledger says 1337, now it is 7", "genesis hash", hint="another --topic"
    )
    assert outcome.report["exitStatus"] == 3
    assert_exactly_once(stream, geth.url, 1, 1)
    run(another_run(settings, blocks=1)).assert_done()


def test_a_recreated_event_log_topic_is_refused(stream: Stream, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="1", blocks=1)
    run(settings).assert_done()
    recreate(stream, stream.topic, 3)
    outcome = run(another_run(settings, blocks=1))
    outcome.assert_failed(SettingsError, "topic id of the event-log topic", hint="begin a new stream")
    assert not any(stream.event_logs().values())


def test_a_changed_partition_count_is_refused(stream: Stream, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="1", blocks=1)
    run(settings).assert_done()
    with admin_client(stream.bootstrap) as client:
        client.create_partitions({stream.topic: 4})
        client.wait_for_topics([stream.topic])
    outcome = run(another_run(settings, blocks=1))
    outcome.assert_failed(
        SettingsError, "partition count of the event-log topic: the ledger says 3, now it is 4",
        hint="begin a new stream",
    )  # fmt: skip
    assert stream.heights() == [1]


def test_an_event_log_too_large_for_the_topic_ends_with_status_7_and_nothing_of_it(
    stream: Stream, odd_geth: GethNode
) -> None:
    create_stream(stream, max_message_bytes="1000000")
    outcome = run(build_settings(stream, odd_geth.url, start=str(ODD_BLOCKS["large"]), blocks=1))
    outcome.assert_failed(DeliveryError, "too large", hint="raise max.message.bytes of the event-log topic")
    assert outcome.report["exitStatus"] == 7
    assert any("max.message.bytes=1000000" in notice for notice in outcome.notices)
    assert not any(stream.event_logs().values())
    assert not stream.heights()


@pytest.mark.parametrize("refused", ["topic", "ledger", "transactional id"])
def test_a_right_that_is_refused_is_named_with_its_topic(
    stream: Stream, geth: GethNode, refused: str
) -> None:
    create_stream(stream)
    kind = ResourceType.TRANSACTIONAL_ID if refused == "transactional id" else ResourceType.TOPIC
    names = {
        "topic": stream.topic,
        "ledger": stream.ledger,
        "transactional id": f"ethlogs:{stream.topic}:follower",
    }
    refuse_writing(stream, kind, names[refused])
    outcome = run(build_settings(stream, geth.url, start="1", blocks=1))
    outcome.assert_failed(NotAuthorizedError, names[refused], hint="--operation Write")
    assert outcome.report["exitStatus"] == 5
    assert not any(stream.event_logs().values())
    assert not stream.heights()


def test_a_kafka_that_is_not_there_ends_with_status_7(geth: GethNode, tmp_path: Path) -> None:
    nobody = Stream(KafkaBroker(tmp_path).bootstrap, "nobody")
    outcome = run(build_settings(nobody, geth.url, start="1", blocks=1, kafka_patience=1.0, client=QUICK))
    outcome.assert_failed(KafkaUnavailableError, nobody.bootstrap, hint="--bootstrap-server")
    assert outcome.report["exitStatus"] == 7


def test_a_producer_of_ones_own_needs_a_topic_that_exists(stream: Stream, geth: GethNode) -> None:
    w3 = Web3(Web3.HTTPProvider(geth.url))
    with closing(KafkaProducer(bootstrap_servers=stream.bootstrap)) as producer:
        with pytest.raises(TopicError, match=f"the topic {stream.topic} does not exist"):
            produceAllEventLogs(w3, 1, producer, stream.topic)
        create_topic(stream.bootstrap, stream.topic, 1)
        produced = produceAllEventLogs(w3, 1, producer, stream.topic)
    assert read_ends(stream.bootstrap, stream.topic, "read_committed") == {0: produced}
    assert produced > 0


# ---------------------------------------------------------------- what the tests need


def read_config(stream: Stream, topic: str) -> dict[str, str]:
    with admin_client(stream.bootstrap) as client:
        described = client.describe_configs([ConfigResource("TOPIC", topic)])
    entries = described["topic"][topic]
    return {key: item["value"] if isinstance(item, dict) else item for key, item in entries.items()}


def recreate(stream: Stream, topic: str, partitions: int) -> None:
    with admin_client(stream.bootstrap) as client:
        client.delete_topics([topic])
    create_when_gone(lambda: create_topic(stream.bootstrap, topic, partitions))


def refuse_writing(stream: Stream, kind: ResourceType, name: str) -> None:
    """A resource with any ACL is closed to all who have none on it: allow all, then deny writing."""
    rules = [(ACLOperation.ALL, ACLPermissionType.ALLOW), (ACLOperation.WRITE, ACLPermissionType.DENY)]
    pattern = ResourcePattern(kind, name)
    acls = [ACL("User:ANONYMOUS", "*", operation, rule, pattern) for operation, rule in rules]
    add_acls(stream.bootstrap, acls)
