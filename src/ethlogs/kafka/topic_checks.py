"""The settings of the stream's topics: those under which its guarantees do not hold are refused."""

from __future__ import annotations

from ethlogs import ledger
from ethlogs.errors import TopicError
from ethlogs.kafka.client_config import MAX_RECORD_BYTES
from ethlogs.kafka.codecs import require_codec
from ethlogs.kafka.topics import Topic


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
    require_codec(topic.config.get("compression.type"), f"the brokers compress the topic {topic.name}")
