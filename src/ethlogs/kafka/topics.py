"""The stream's two topics: described, checked, created."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, NewTopic
from kafka.errors import AuthorizationError, TopicAlreadyExistsError

from ethlogs import ledger
from ethlogs.errors import TopicError
from ethlogs.kafka.client_config import MAX_RECORD_BYTES, admin_config
from ethlogs.kafka.creation import create_within_policies, with_safe_replicas
from ethlogs.kafka.errors import connect, mapped_errors
from ethlogs.kafka.rights import WRITER, missing_right, require_rights
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation

EVENT_LOG_CONFIG = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(MAX_RECORD_BYTES),
}
LEDGER_CONFIG = {"cleanup.policy": "compact"}
_SPREAD_SECONDS = 15.0
"""A broker hears of a topic that another one created within moments; each call may ask another broker."""
_HIDDEN = 29
"""TOPIC_AUTHORIZATION_FAILED: nobody without DESCRIBE learns whether the topic is there."""
_READ_CONFIGS = (
    "cleanup.policy",
    "retention.ms",
    "retention.bytes",
    "max.message.bytes",
    "min.insync.replicas",
)


@dataclass(frozen=True)
class Topic:
    """A topic as the cluster describes it."""

    name: str
    topic_id: str
    partitions: int
    replication_factor: int
    config: dict[str, str]
    operations: frozenset[str]
    """What this principal may do with it (KIP-430), like ``WRITE``; empty where the broker does not say."""


@contextlib.contextmanager
def admin_client(settings: KafkaSettings) -> Iterator[KafkaAdminClient]:
    """An admin client, closed at the end, with its errors mapped."""
    client = connect(lambda: KafkaAdminClient(**admin_config(settings)), settings)
    try:
        with mapped_errors("describing the topics"):
            yield client
    finally:
        client.close()


def list_hosts(settings: KafkaSettings) -> list[str]:
    """The brokers' hosts, as they advertise them."""
    with admin_client(settings) as client:
        return [str(broker["host"]) for broker in client.describe_cluster()["brokers"]]


def describe_brokers(settings: KafkaSettings) -> list[str]:
    """The brokers as they advertise themselves, with the version of Kafka that each speaks at least."""
    with admin_client(settings) as client:
        return [
            f"{broker['host']}:{broker['port']} (Kafka {_version_of(client, broker['broker_id'])} or later)"
            for broker in client.describe_cluster()["brokers"]
        ]


def _version_of(client: KafkaAdminClient, broker_id: int) -> str:
    return ".".join(map(str, client.get_broker_version_data(broker_id).broker_version[:2]))


def describe_topic(client: KafkaAdminClient, name: str, needed: frozenset[str] = frozenset()) -> Topic | None:
    """The topic, or ``None`` where there is none.

    Raises
    ------
    NotAuthorizedError
        When this principal may not see it, or lacks a right that is ``needed`` on it.
    """
    described = next((t for t in client.describe_topics([name]) if t.get("name") == name), None)
    if described is not None and described.get("error_code") == _HIDDEN:
        raise missing_right(name, needed or {"DESCRIBE"})
    if described is None or described.get("error_code"):
        return None
    partitions = described["partitions"]
    operations = frozenset(described.get("authorized_operations") or ())
    require_rights(name, operations, needed)
    return Topic(
        name=name,
        topic_id=str(described.get("topic_id") or ""),
        partitions=len(partitions),
        replication_factor=min((len(p.get("replica_nodes", ())) for p in partitions), default=0),
        config=_describe_config(client, name),
        operations=operations,
    )


def ensure_topics(
    settings: KafkaSettings, stream: StreamSettings, creation: TopicCreation
) -> tuple[Topic, Topic, list[str]]:
    """The event-log topic, the ledger, and warnings; created first where that is asked for.

    Raises
    ------
    NotAuthorizedError
        When this principal lacks a right that the run will need, if only for its first reorg.
    TopicError
        When one is missing, or has settings under which the guarantees do not hold.
    """
    with admin_client(settings) as client:
        if creation.create:
            _create_missing(client, stream, creation)
        seconds = _SPREAD_SECONDS if creation.create else 0.0
        topic = _require(client, stream.topic, seconds)
        ledger_topic = _require(client, stream.ledger_topic, seconds)
    warnings = check_ledger_topic(ledger_topic)
    return topic, ledger_topic, [*check_event_log_topic(topic), *warnings]


def check_event_log_topic(topic: Topic) -> list[str]:
    """Warnings about an event-log topic that can be used.

    Raises
    ------
    TopicError
        When it is compacted: compaction keeps one record a contract.
    """
    if "compact" in topic.config.get("cleanup.policy", ""):
        raise TopicError(
            f"the event-log topic {topic.name} is compacted: Kafka would keep one event log of each contract",
            hint=f"kafka-configs --alter --entity-type topics --entity-name {topic.name}"
            " --add-config cleanup.policy=delete",
        )
    warnings = [
        f"the event-log topic {topic.name} has {name}={topic.config[name]}: Kafka will delete old event logs"
        for name in ("retention.ms", "retention.bytes")
        if topic.config.get(name, "-1") != "-1"
    ]
    size = topic.config.get("max.message.bytes", "")
    if size.isdigit() and int(size) < MAX_RECORD_BYTES:
        warnings.append(
            f"the event-log topic {topic.name} has max.message.bytes={size}: an event log can be larger;"
            f" {MAX_RECORD_BYTES} is what ethlogs creates it with"
        )
    return [*warnings, *check_replicas(topic)]


def check_replicas(topic: Topic) -> list[str]:
    """Warnings about a topic that the loss of one broker may lose records of.

    Raises
    ------
    TopicError
        When it never has as many replicas in sync as it asks for: nothing can be written to it.
    """
    least = topic.config.get("min.insync.replicas", "")
    if least.isdigit() and int(least) > topic.replication_factor > 0:
        raise TopicError(
            f"the topic {topic.name} has min.insync.replicas={least}"
            f" and {topic.replication_factor} replica(s): nothing can be written to it",
            hint=f"kafka-configs --alter --entity-type topics --entity-name {topic.name}"
            f" --add-config min.insync.replicas={max(1, topic.replication_factor - 1)}",
        )
    if topic.replication_factor == 1:
        return [f"the topic {topic.name} has replication factor 1: losing one broker's disk loses records"]
    if least == "1":
        return [
            f"the topic {topic.name} has min.insync.replicas=1: a record that only one broker has may be lost"
        ]
    return []


def check_ledger_topic(topic: Topic) -> list[str]:
    """Warnings about a ledger; refuse one that would forget, or that has no partition for the backfill.

    Raises
    ------
    TopicError
        When its settings do not fit; the hint is the command that fixes them.
    """
    if topic.config.get("cleanup.policy", "compact") != "compact":
        raise TopicError(
            f"the ledger {topic.name} has cleanup.policy={topic.config['cleanup.policy']}: Kafka would delete"
            " the stream's resume point",
            hint=f"kafka-configs --alter --entity-type topics --entity-name {topic.name}"
            " --add-config cleanup.policy=compact",
        )
    if topic.partitions < ledger.LEAST_PARTITIONS:
        raise TopicError(
            f"the ledger {topic.name} has {topic.partitions} partition; it needs one for the follower and at"
            " least one for the backfill",
            hint=f"before the first block: kafka-topics --alter --topic {topic.name}"
            f" --partitions {ledger.CREATED_PARTITIONS}",
        )
    return check_replicas(topic)


def missing_topic(name: str) -> TopicError:
    """The error for a topic that is not there."""
    return TopicError(
        f"the topic {name} does not exist", hint="create it with ethlogs produce --create-topics"
    )


def create_topic(
    client: KafkaAdminClient, name: str, partitions: int, replication_factor: int, config: dict[str, str]
) -> Topic:
    """Create a topic and wait until it can be used; one that appeared meanwhile is as good."""
    try:
        with contextlib.suppress(TopicAlreadyExistsError):
            client.create_topics([NewTopic(name, partitions, replication_factor, topic_configs=config)])
    except AuthorizationError as exc:
        raise missing_right(name, ["CREATE"]) from exc
    client.wait_for_topics([name])
    return _require(client, name, _SPREAD_SECONDS)


def _create_missing(client: KafkaAdminClient, stream: StreamSettings, creation: TopicCreation) -> None:
    replication = creation.replication_factor or -1
    if describe_topic(client, stream.topic) is None:
        _create_safely(client, stream.topic, creation.partitions or -1, replication, EVENT_LOG_CONFIG)
    if describe_topic(client, stream.ledger_topic) is None:
        _create_safely(client, stream.ledger_topic, ledger.CREATED_PARTITIONS, replication, LEDGER_CONFIG)


def _create_safely(
    client: KafkaAdminClient, name: str, partitions: int, replication: int, config: dict[str, str]
) -> None:
    wanted = with_safe_replicas(client, name, partitions, replication, config)
    create_within_policies(lambda tried: create_topic(client, name, partitions, replication, tried), wanted)


def _require(client: KafkaAdminClient, name: str, seconds: float) -> Topic:
    deadline = time.monotonic() + seconds
    while True:
        topic = describe_topic(client, name, WRITER)
        if topic is not None:
            return topic
        if time.monotonic() >= deadline:
            raise missing_topic(name)
        time.sleep(0.1)


def _describe_config(client: KafkaAdminClient, name: str) -> dict[str, str]:
    described: Any = client.describe_configs([ConfigResource("TOPIC", name)], config_filter="all")
    found = _find_entries(described, name)
    return {key: str(found[key]) for key in _READ_CONFIGS if found.get(key) is not None}


def _find_entries(described: Any, name: str) -> dict[str, Any]:
    entries = described["topic"][name]
    return {key: item["value"] if isinstance(item, dict) else item for key, item in entries.items()}
