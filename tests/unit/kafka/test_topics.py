"""A topic that was just created: each call may ask another broker, which hears of it a moment later."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from ethlogs.errors import TopicError
from ethlogs.kafka import topics
from ethlogs.kafka.topics import ensure_topics
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation

STREAM = StreamSettings("logs")


class FakeCluster:
    """A fake, because the moment cannot be provoked: it forgets a new topic ``late`` times."""

    def __init__(self, late: int) -> None:
        self._late = late
        self._topics: dict[str, int] = {}

    def create_topics(self, created: list[Any]) -> None:
        self._topics |= dict.fromkeys((topic.name for topic in created), self._late)

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
        return [{"name": name, "error_code": 0, "topic_id": "id", "partitions": partitions}]

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


def test_topics_that_are_not_there_are_told_of_at_once(cluster: FakeCluster) -> None:
    with pytest.raises(TopicError, match="the topic logs does not exist"):
        ensure_topics(KafkaSettings("kafka:9092"), STREAM, TopicCreation(create=False))
