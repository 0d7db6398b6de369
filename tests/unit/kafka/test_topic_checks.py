"""A topic under whose settings the guarantees do not hold is refused; one that may lose records, reported."""

from __future__ import annotations

import pytest

from ethlogs.errors import TopicError
from ethlogs.kafka.topic_checks import check_event_log_topic, check_ledger_topic
from ethlogs.kafka.topics import Topic


def topic_with(replication: int, **config: str) -> Topic:
    settings = {name.replace("_", "."): value for name, value in config.items()}
    return Topic("logs", "id", 3, replication, settings, frozenset())


def test_more_replicas_in_sync_than_there_are_is_refused() -> None:
    with pytest.raises(TopicError, match=r"min\.insync\.replicas=2 and 1 replica\(s\)") as caught:
        check_event_log_topic(topic_with(1, min_insync_replicas="2"))
    assert "--add-config min.insync.replicas=1" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("topic", "warned"),
    [
        (topic_with(1, min_insync_replicas="1"), "replication factor 1"),
        (topic_with(3, min_insync_replicas="1"), "min.insync.replicas=1"),
    ],
)
def test_a_topic_that_one_broker_can_lose_is_warned_about(topic: Topic, warned: str) -> None:
    (warning,) = check_event_log_topic(topic)
    assert warned in warning


def test_a_topic_with_two_of_three_in_sync_is_not_warned_about() -> None:
    assert check_event_log_topic(topic_with(3, min_insync_replicas="2")) == []


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
def test_an_event_log_topic_that_keeps_one_record_a_contract_is_refused(policy: str) -> None:
    with pytest.raises(TopicError, match="compacted: Kafka would keep one event log") as caught:
        check_event_log_topic(topic_with(3, cleanup_policy=policy))
    assert "--add-config cleanup.policy=delete" in str(caught.value.hint)


@pytest.mark.parametrize("policy", ["delete", "compact,delete"])
def test_a_ledger_that_would_forget_is_refused(policy: str) -> None:
    with pytest.raises(TopicError, match=f"cleanup.policy={policy}: Kafka would delete") as caught:
        check_ledger_topic(topic_with(3, cleanup_policy=policy))
    assert "--add-config cleanup.policy=compact" in str(caught.value.hint)


def test_a_ledger_of_one_partition_has_no_room_for_the_backfill() -> None:
    with pytest.raises(TopicError, match="has 1 partition; it needs one for the follower") as caught:
        check_ledger_topic(Topic("logs.ledger", "id", 1, 3, {}, frozenset()))
    assert "kafka-topics --alter --topic logs.ledger --partitions" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["retention.ms", "retention.bytes"])
def test_a_topic_that_deletes_old_event_logs_is_warned_about(name: str) -> None:
    (warning,) = check_event_log_topic(Topic("logs", "id", 3, 3, {name: "1000"}, frozenset()))
    assert f"{name}=1000: Kafka will delete old event logs" in warning


def test_a_topic_whose_messages_may_be_too_small_is_warned_about() -> None:
    (warning,) = check_event_log_topic(topic_with(3, max_message_bytes="1048576"))
    assert "max.message.bytes=1048576: an event log can be larger" in warning
