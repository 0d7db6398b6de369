"""The stream's topics are created within the cluster's policies, and waited for.

The cluster is a fake: a broker of the devnet has no policy, and the moment in which one broker knows a new
topic and another does not cannot be provoked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import pytest
from kafka.errors import ClusterAuthorizationFailedError, InvalidConfigurationError, PolicyViolationError

from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka import creation
from ethlogs.kafka.creation import create_within_policies, ensure_topics, try_to_create, with_safe_replicas
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation

STREAM = StreamSettings("logs")
CONFIG = {"cleanup.policy": "delete", "max.message.bytes": str(16 << 20)}


class FakeCluster:
    """Forgets a new topic ``late`` times."""

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

    monkeypatch.setattr(creation, "admin_client", admin_client)
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


def test_topics_that_are_not_there_are_told_of_at_once(cluster: FakeCluster) -> None:
    with pytest.raises(TopicError, match="the topic logs does not exist"):
        ensure_topics(KafkaSettings("kafka:9092"), STREAM, TopicCreation(create=False))


def test_a_topic_with_three_replicas_asks_for_two_in_sync(cluster: FakeCluster) -> None:
    """Also where three is the broker's default."""
    ensure_topics(KafkaSettings("kafka:9092"), STREAM, TopicCreation(create=True))
    assert {config["min.insync.replicas"] for config in cluster.configs.values()} == {"2"}


def test_a_policy_that_allows_no_number_gets_the_brokers_own() -> None:
    tried: list[dict[str, str]] = []

    def create(config: dict[str, str]) -> None:
        tried.append(config)
        if "max.message.bytes" in config:
            raise PolicyViolationError("no")

    create_within_policies(create, CONFIG)
    assert "max.message.bytes" not in tried[-1]


def test_smaller_messages_are_tried_where_a_policy_refuses_large_ones() -> None:
    tried: list[str | None] = []

    def create(config: dict[str, str]) -> None:
        tried.append(config.get("max.message.bytes"))
        if int(tried[-1] or 0) > 4 << 20:
            raise PolicyViolationError("messages of at most 4 MiB")

    create_within_policies(create, CONFIG)
    assert tried == [str(16 << 20), str(8 << 20), str(4 << 20)]


def test_the_reason_of_the_first_refusal_is_given_where_every_try_is_refused() -> None:
    tried: list[dict[str, str]] = []

    def create(config: dict[str, str]) -> None:
        tried.append(config)
        raise InvalidConfigurationError(f"refusal {len(tried)}")

    with pytest.raises(SettingsError, match=r"Kafka refused the settings of a new topic: .*refusal 1"):
        create_within_policies(create, CONFIG)
    assert tried[-1] == {"cleanup.policy": "delete"}


class Trying:
    """A broker that says what it would create."""

    def __init__(self, partitions: int | None, replication: int | None) -> None:
        self._planned = {"error_code": 0, "num_partitions": partitions, "replication_factor": replication}

    def create_topics(self, _topics: list[Any], **_: bool) -> dict[str, Any]:
        return {"topics": [self._planned]}


@pytest.mark.parametrize(
    ("planned", "described"),
    [
        (
            (1, 3),
            "1 partition (the brokers' default; --partitions N creates another number) and replication 3",
        ),
        ((None, 1), "the default number of partitions and replication 1"),
        ((None, None), "the default number of partitions and the default replication"),
    ],
)
def test_a_trial_describes_the_topic_that_would_be_created(
    planned: tuple[int | None, int | None], described: str
) -> None:
    client = cast(Any, Trying(*planned))
    said = try_to_create(client, STREAM, "logs", TopicCreation(create=True))
    assert said == f"logs can be created with {described}"


def test_a_trial_with_a_number_of_partitions_describes_it_alone() -> None:
    said = try_to_create(cast(Any, Trying(12, 1)), STREAM, "logs", TopicCreation(create=True, partitions=12))
    assert said == "logs can be created with 12 partitions and replication 1"


def test_what_no_smaller_message_helps_against_is_raised_at_once() -> None:
    def create(_config: dict[str, str]) -> None:
        raise ClusterAuthorizationFailedError("no")

    with pytest.raises(ClusterAuthorizationFailedError):
        create_within_policies(create, CONFIG)


class FakeBroker:
    """Says its default replication factor where it is asked to validate."""

    def __init__(self, default: int) -> None:
        self._default = default

    def create_topics(self, _topics: list[Any], *, validate_only: bool) -> dict[str, Any]:
        assert validate_only
        return {"topics": [{"replication_factor": self._default}]}


@pytest.mark.parametrize(
    ("wanted", "default", "is_safe"), [(3, 1, True), (1, 3, False), (-1, 3, True), (-1, 1, False)]
)
def test_two_replicas_have_to_be_in_sync_where_there_are_three(
    wanted: int, default: int, is_safe: bool
) -> None:
    broker = cast(Any, FakeBroker(default))
    config = with_safe_replicas(broker, "logs", 6, wanted, CONFIG)
    assert config == (CONFIG | {"min.insync.replicas": "2"} if is_safe else CONFIG)
