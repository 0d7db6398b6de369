"""Topics that were recreated or repartitioned, by what the cluster says of them before and now."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kafka.topics import Topic
from ethlogs.settings import KafkaSettings
from ethlogs.stream import topic_watch
from ethlogs.stream.identity import StreamTopics
from ethlogs.stream.topic_watch import TopicWatch, differences

TOPIC = Topic("logs", "an-id", 6, 3, {}, frozenset())


def test_a_topic_does_not_differ_from_itself() -> None:
    assert differences(TOPIC, replace(TOPIC, config={"retention.ms": "1"}, replication_factor=2)) == []


def test_a_recreated_and_repartitioned_topic_differs_twice() -> None:
    assert differences(TOPIC, replace(TOPIC, topic_id="another", partitions=7)) == [
        "the topic logs was deleted and created again",
        "the topic logs has 7 partitions, it had 6",
    ]


class FakeCluster:
    """A cluster that has recreated both topics; a fake, since a real one takes seconds for that."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.looks = 0

    @contextlib.contextmanager
    def admin_client(self, _settings: KafkaSettings) -> Iterator[None]:
        self.looks += 1
        yield
        self.asked.set()

    def describe_topic(self, _client: None, _name: str) -> Topic:
        return replace(TOPIC, topic_id="another")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    fake = FakeCluster()
    monkeypatch.setattr(topic_watch, "admin_client", fake.admin_client)
    monkeypatch.setattr(topic_watch, "describe_topic", fake.describe_topic)
    monkeypatch.setattr(topic_watch, "LOOK_SECONDS", 0.01)
    return fake


def test_who_writes_is_told_of_a_recreated_topic(cluster: FakeCluster) -> None:
    with TopicWatch(KafkaSettings("kafka:9092"), StreamTopics(TOPIC, TOPIC)) as watch:
        watch.check()
        assert cluster.asked.wait(60)
        with pytest.raises(SettingsError, match="the topic logs was deleted and created again"):
            watch.check()


def test_a_look_at_once_is_told_at_once(cluster: FakeCluster) -> None:
    watch = TopicWatch(KafkaSettings("kafka:9092"), StreamTopics(TOPIC, TOPIC))
    with pytest.raises(SettingsError, match="changed while the run was writing to them"):
        watch.look()
    assert cluster.looks == 1
