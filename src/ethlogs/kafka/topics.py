"""The stream's two topics: described, checked, created."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import kafka.errors as kafka_errors
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, NewTopic
from kafka.errors import AuthorizationError, TopicAlreadyExistsError

from ethlogs import ledger
from ethlogs.counted import counted
from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka.client_config import MAX_RECORD_BYTES, admin_config
from ethlogs.kafka.codecs import require_codec
from ethlogs.kafka.creation import create_within_policies, with_safe_replicas
from ethlogs.kafka.errors import connect, mapped_errors
from ethlogs.kafka.rights import WRITER, MissingRightError, missing_right, require_rights
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
_WRONG_NUMBERS = (kafka_errors.InvalidReplicationFactorError, kafka_errors.InvalidPartitionsError)
_NO_TOPIC_ID = str(uuid.UUID(int=0))
_CODEC = "compression.type"
_READ_CONFIGS = (
    "cleanup.policy",
    "retention.ms",
    "retention.bytes",
    "max.message.bytes",
    "min.insync.replicas",
    _CODEC,
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
    """An admin client, closed at the end, with its errors mapped; a missing right names this client."""
    client = connect(lambda: KafkaAdminClient(**admin_config(settings)), settings)
    try:
        with mapped_errors("describing the topics"):
            yield client
    except MissingRightError as exc:
        raise exc.of_client(settings) from exc
    finally:
        client.close()


def list_hosts(settings: KafkaSettings) -> list[str]:
    """The brokers' hosts, as they advertise them."""
    with admin_client(settings) as client:
        return [str(broker["host"]) for broker in client.describe_cluster()["brokers"]]


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
        topic_id=_topic_id_of(described),
        partitions=len(partitions),
        replication_factor=min((len(p.get("replica_nodes", ())) for p in partitions), default=0),
        config=_describe_config(client, name),
        operations=operations,
    )


def _topic_id_of(described: dict[str, Any]) -> str:
    """The topic's id; empty where the brokers have none, also those that know of it and send zeros."""
    topic_id = str(described.get("topic_id") or "")
    return "" if topic_id == _NO_TOPIC_ID else topic_id


def ensure_topics(
    settings: KafkaSettings, stream: StreamSettings, creation: TopicCreation
) -> tuple[Topic, Topic, list[str]]:
    """Return the event-log topic, the ledger, and notices; created first where that is asked for.

    Raises
    ------
    NotAuthorizedError
        When this principal lacks a right that the run will need, if only for its first reorg.
    TopicError
        When one is missing, or has settings under which the guarantees do not hold.
    """
    with admin_client(settings) as client:
        created = _create_missing(client, stream, creation) if creation.create else []
        seconds = _SPREAD_SECONDS if creation.create else 0.0
        topic = _require(client, stream.topic, seconds)
        ledger_topic = _require(client, stream.ledger_topic, seconds)
    warnings = check_ledger_topic(ledger_topic)
    return topic, ledger_topic, [*created, *check_event_log_topic(topic), *warnings]


def check_event_log_topic(topic: Topic) -> list[str]:
    """Warnings about an event-log topic that can be used.

    Raises
    ------
    TopicError
        When it is compacted: compaction keeps one record a contract.
    SettingsError
        When the brokers compress it by a codec that this Python cannot read.
    """
    _require_codec(topic)
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
    SettingsError
        When the brokers compress it by a codec that this Python cannot read.
    """
    _require_codec(topic)
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


def _require_codec(topic: Topic) -> None:
    require_codec(topic.config.get(_CODEC), f"the brokers compress the topic {topic.name}")


def missing_topic(name: str) -> TopicError:
    """The error for a topic that is not there."""
    return TopicError(
        f"the topic {name} does not exist",
        hint="create it with --create-topics; for ethlogs backfill give --partitions N too, which cannot be"
        " changed later",
    )


def create_topic(
    client: KafkaAdminClient, name: str, partitions: int, replication_factor: int, config: dict[str, str]
) -> Topic:
    """Create a topic and wait until it can be used; one that appeared meanwhile is as good."""
    with contextlib.suppress(TopicAlreadyExistsError):
        _request_creation(client, NewTopic(name, partitions, replication_factor, topic_configs=config))
    client.wait_for_topics([name])
    return _require(client, name, _SPREAD_SECONDS)


def try_to_create(
    client: KafkaAdminClient, stream: StreamSettings, name: str, creation: TopicCreation
) -> str:
    """Let the brokers check the creation of one of the stream's topics, without creating it; describe it.

    Raises
    ------
    NotAuthorizedError
        When this principal may not create it.
    SettingsError
        When the brokers refuse how it would be created.
    """
    partitions, replication, config = _plan_creation(client, stream, name, creation)
    answers: list[dict[str, Any]] = []

    def try_with(tried: dict[str, str]) -> None:
        wanted = NewTopic(name, partitions, replication, topic_configs=tried)
        with contextlib.suppress(TopicAlreadyExistsError):
            answers.extend(_request_creation(client, wanted, validate_only=True)["topics"])

    create_within_policies(try_with, config)
    planned = answers[0] if answers else {}
    counts = [
        _describe_number(planned.get("num_partitions"), partitions),
        _describe_number(planned.get("replication_factor"), replication),
    ]
    return f"{name} can be created with {counts[0]} partitions and replication {counts[1]}"


def _describe_number(planned: Any, wanted: int) -> str:
    """Describe a number that the brokers' answer has since Kafka 2.4."""
    number = max(int(planned or -1), wanted)
    return str(number) if number > 0 else "the default number of"


def _request_creation(
    client: KafkaAdminClient, wanted: NewTopic, validate_only: bool = False
) -> dict[str, Any]:
    """Ask for a topic. kafka-python's own error would have the whole request in its text, not the reason."""
    answer: dict[str, Any] = client.create_topics([wanted], validate_only=validate_only, raise_errors=False)
    for topic in answer.get("topics", ()):
        error_class = kafka_errors.for_code(topic["error_code"])
        reason = topic.get("error_message") or ""
        if issubclass(error_class, AuthorizationError):
            raise missing_right(wanted.name, ["CREATE"])
        if error_class in _WRONG_NUMBERS:
            raise SettingsError(
                f"Kafka cannot create the topic {wanted.name}: {reason}",
                hint="give --replication-factor up to the number of brokers, and --partitions of 1 or more",
            )
        if error_class is not kafka_errors.NoError:
            raise error_class(reason)
    return answer


def _plan_creation(
    client: KafkaAdminClient, stream: StreamSettings, name: str, creation: TopicCreation
) -> tuple[int, int, dict[str, str]]:
    """Return partitions, replication and settings; -1 is the brokers' default."""
    is_ledger = name == stream.ledger_topic
    partitions = ledger.CREATED_PARTITIONS if is_ledger else creation.partitions or -1
    replication = creation.replication_factor or -1
    config = LEDGER_CONFIG if is_ledger else EVENT_LOG_CONFIG
    return partitions, replication, with_safe_replicas(client, name, partitions, replication, config)


def _create_missing(client: KafkaAdminClient, stream: StreamSettings, creation: TopicCreation) -> list[str]:
    """Create what is missing; return a sentence for each, since partitions are fixed from then on."""
    created = []
    for name in (stream.topic, stream.ledger_topic):
        if describe_topic(client, name) is None:
            topic = _create_safely(client, stream, name, creation)
            if name == stream.topic:
                created.append(_describe_creation(topic, creation))
    return created


def _describe_creation(topic: Topic, creation: TopicCreation) -> str:
    count = counted(topic.partitions, "partition")
    default = "" if creation.partitions else " (the brokers' default; --partitions N creates another number)"
    return (
        f"created the topic {topic.name} with {count}{default} and replication {topic.replication_factor}:"
        " the number of partitions is fixed as long as the stream exists"
    )


def _create_safely(
    client: KafkaAdminClient, stream: StreamSettings, name: str, creation: TopicCreation
) -> Topic:
    partitions, replication, config = _plan_creation(client, stream, name, creation)
    created: list[Topic] = []
    create_within_policies(
        lambda tried: created.append(create_topic(client, name, partitions, replication, tried)), config
    )
    return created[-1]


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
