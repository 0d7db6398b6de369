"""A topic that was just created: each call may ask another broker, which hears of it a moment later."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from kafka.errors import PolicyViolationError

from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka import topics
from ethlogs.kafka.creation import create_within_policies
from ethlogs.kafka.topics import EVENT_LOG_CONFIG, Topic, check_event_log_topic, ensure_topics
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation

STREAM = StreamSettings("logs")


class FakeCluster:
    """A fake, because the moment cannot be provoked: it forgets a new topic ``late`` times."""

    def __init__(self, late: int) -> None:
        self._late = late
        self._topics: dict[str, int] = {}
        self.configs: dict[str, dict[str, str]] = {}
        self.topic_id: Any = "id"

    def create_topics(self, created: list[Any], validate_only: bool = False, **_: bool) -> dict[str, Any]:
        if validate_only:
            return {"topics": [{"replication_factor": 3} for _ in created]}
        self.configs |= {topic.name: topic.topic_configs for topic in created}
        self._topics |= dict.fromkeys((topic.name for topic in created), self._late)
        return {}

    def wait_for_topics(self, names: list[str]) -> None:
        assert self._topics.keys() >= set(names)

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        (name,) = names
        left = self._topics.get(name, 1)
        if left > 0:
            if name in self._topics:
                self._topics[name] -= 1
            return [{"name": name, "error_code": 3}]
        partitions = [{"replica_nodes": [1, 2, 3]}] * 2
        return [{"name": name, "error_code": 0, "topic_id": self.topic_id, "partitions": partitions}]

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        return {"topic": {resource.name: {} for resource in resources}}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    fake = FakeCluster(late=3)

    @contextlib.contextmanager
    def admin_client(settings: KafkaSettings) -> Iterator[FakeCluster]:
        yield fake

    monkeypatch.setattr(topics, "admin_client", admin_client)
    return fake


def test_created_topics_are_waited_for(cluster: FakeCluster) -> None:
    topic, ledger_topic, _ = ensure_topics(KafkaSettings("kafka:9092"), STREAM, TopicCreation(create=True))
    assert (topic.name, ledger_topic.name) == ("logs", "logs.ledger")
    assert ledger_topic.replication_factor == 3


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            None,
            "2 partitions (the brokers' default; --partitions N creates another number) and replication 3",
        ),
        (2, "2 partitions and replication 3"),
    ],
)
def test_the_number_of_partitions_is_said_at_creation_since_it_is_fixed_then(
    wanted: int | None, said: str, cluster: FakeCluster
) -> None:
    creation = TopicCreation(create=True, partitions=wanted)
    *_, notices = ensure_topics(KafkaSettings("kafka:9092"), STREAM, creation)
    assert notices[0].startswith(f"created the topic logs with {said}: the number of partitions is fixed")
    *_, later = ensure_topics(KafkaSettings("kafka:9092"), STREAM, creation)
    assert not any("created" in notice for notice in later)


@pytest.mark.parametrize("topic_id", [None, uuid.UUID(int=0), ""])
def test_brokers_without_topic_ids_are_known_by_none_or_zeros(cluster: FakeCluster, topic_id: Any) -> None:
    """Some report a version that has them, and send zeros."""
    cluster.topic_id = topic_id
    topic, _, _ = ensure_topics(KafkaSettings("kafka:9092"), STREAM, TopicCreation(create=True))
    assert topic.topic_id == ""


def test_topics_that_are_not_there_are_told_of_at_once(cluster: FakeCluster) -> None:
    with pytest.raises(TopicError, match="the topic logs does not exist"):
        ensure_topics(KafkaSettings("kafka:9092"), STREAM, TopicCreation(create=False))


def test_a_topic_with_three_replicas_asks_for_two_in_sync(cluster: FakeCluster) -> None:
    """Also where three is the broker's default."""
    ensure_topics(KafkaSettings("kafka:9092"), STREAM, TopicCreation(create=True))
    assert {config["min.insync.replicas"] for config in cluster.configs.values()} == {"2"}


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


@pytest.mark.parametrize(
    ("limit", "created"), [(16 << 20, "16777216"), (5 << 20, "4194304"), (1 << 20, "1048576")]
)
def test_a_topic_is_created_with_the_largest_records_that_a_policy_allows(limit: int, created: str) -> None:
    tried: list[dict[str, str]] = []

    def create(config: dict[str, str]) -> None:
        tried.append(config)
        if int(config["max.message.bytes"]) > limit:
            raise PolicyViolationError("too large")

    create_within_policies(create, dict(EVENT_LOG_CONFIG))
    assert tried[-1] == {**EVENT_LOG_CONFIG, "max.message.bytes": created}


def test_a_policy_that_allows_no_number_gets_the_brokers_own() -> None:
    tried: list[dict[str, str]] = []

    def create(config: dict[str, str]) -> None:
        tried.append(config)
        if "max.message.bytes" in config:
            raise PolicyViolationError("no")

    create_within_policies(create, dict(EVENT_LOG_CONFIG))
    assert "max.message.bytes" not in tried[-1]


def test_a_policy_that_refuses_everything_is_told_by_its_first_words() -> None:
    def create(config: dict[str, str]) -> None:
        raise PolicyViolationError(config.get("max.message.bytes", "none"))

    with pytest.raises(SettingsError, match=str(16 << 20)):
        create_within_policies(create, dict(EVENT_LOG_CONFIG))
