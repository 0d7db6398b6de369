"""The stream's two topics created, as the cluster's policies allow it, and with no replica too few."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import kafka.errors as kafka_errors
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import (
    AuthorizationError,
    InvalidConfigurationError,
    KafkaError,
    PolicyViolationError,
    TopicAlreadyExistsError,
)

from ethlogs import ledger
from ethlogs.counted import counted
from ethlogs.errors import SettingsError
from ethlogs.kafka.client_config import MAX_RECORD_BYTES
from ethlogs.kafka.rights import missing_right
from ethlogs.kafka.topic_checks import check_event_log_topic, check_ledger_topic
from ethlogs.kafka.topics import Topic, admin_client, describe_topic, require_topic
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
_WRONG_NUMBERS = (kafka_errors.InvalidReplicationFactorError, kafka_errors.InvalidPartitionsError)
_BROKERS_DEFAULT = " (the brokers' default; --partitions N creates another number)"
_MAX_MESSAGE = "max.message.bytes"
_MIN_INSYNC = "min.insync.replicas"
_REFUSED = (PolicyViolationError, InvalidConfigurationError)
_SAFE_REPLICATION = 3
"""With three replicas and two in sync one broker may be lost without a pause."""


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
        topic = require_topic(client, stream.topic, seconds)
        ledger_topic = require_topic(client, stream.ledger_topic, seconds)
    warnings = check_ledger_topic(ledger_topic)
    return topic, ledger_topic, [*created, *check_event_log_topic(topic), *warnings]


def create_topic(
    client: KafkaAdminClient, name: str, partitions: int, replication_factor: int, config: dict[str, str]
) -> Topic:
    """Create a topic and wait until it can be used; one that appeared meanwhile is as good."""
    with contextlib.suppress(TopicAlreadyExistsError):
        _request_creation(client, NewTopic(name, partitions, replication_factor, topic_configs=config))
    client.wait_for_topics([name])
    return require_topic(client, name, _SPREAD_SECONDS)


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
    # the brokers' answer has both since Kafka 2.4
    partitions = max(int(planned.get("num_partitions") or -1), partitions)
    replication = max(int(planned.get("replication_factor") or -1), replication)
    count = counted(partitions, "partition") if partitions > 0 else "the default number of partitions"
    if name == stream.topic and partitions > 0 and not creation.partitions:
        count += _BROKERS_DEFAULT
    copies = f"replication {replication}" if replication > 0 else "the default replication"
    return f"{name} can be created with {count} and {copies}"


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
    default = "" if creation.partitions else _BROKERS_DEFAULT
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


def create_within_policies(create: Callable[[dict[str, str]], object], config: dict[str, str]) -> None:
    """Call ``create`` with the settings; where a policy refuses them, with smaller messages.

    Raises
    ------
    SettingsError
        With the reason of the first refusal, where every try is refused.
    """
    first: KafkaError | None = None
    for tried in _list_configs(config):
        try:
            create(tried)
        except _REFUSED as exc:
            first = first or exc
        else:
            return
    if first is not None:
        raise SettingsError(
            f"Kafka refused the settings of a new topic: {first}",
            hint="does the cluster have a policy (create.topic.policy.class.name)? Create topics that it"
            " allows, with the settings in docs/data-on-kafka.md, or have it changed",
        ) from first


def _list_configs(config: dict[str, str]) -> Iterator[dict[str, str]]:
    yield config
    if _MAX_MESSAGE not in config:
        return
    size = int(config[_MAX_MESSAGE]) // 2
    # Kafka's own default, 1 MiB, is what a policy at least allows.
    while size >= 1 << 20:
        yield {**config, _MAX_MESSAGE: str(size)}
        size //= 2
    yield {name: value for name, value in config.items() if name != _MAX_MESSAGE}


def with_safe_replicas(
    client: KafkaAdminClient, name: str, partitions: int, replication: int, config: dict[str, str]
) -> dict[str, str]:
    """Return the settings with two replicas in sync, where the topic will have three or more."""
    if _find_replication(client, name, partitions, replication) < _SAFE_REPLICATION:
        return config
    return {**config, _MIN_INSYNC: "2"}


def _find_replication(client: KafkaAdminClient, name: str, partitions: int, replication: int) -> int:
    """The number that is wanted, else the broker's default, which it says where it only validates."""
    if replication > 0:
        return replication
    with contextlib.suppress(KafkaError):
        answer = client.create_topics([NewTopic(name, partitions, replication)], validate_only=True)
        return max((int(topic.get("replication_factor") or -1) for topic in answer["topics"]), default=-1)
    return -1
