"""A topic as the cluster describes it."""

from __future__ import annotations

import uuid
from typing import Any, cast

import pytest

from ethlogs.errors import TopicError
from ethlogs.kafka.topics import describe_topic, require_topic


class FakeCluster:
    """A fake, because brokers that have no topic ids, or know a topic late, cannot be had."""

    def __init__(self, *, late: int = 0, topic_id: Any = "id") -> None:
        self._late = late
        self._topic_id = topic_id

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        (name,) = names
        if self._late:
            self._late -= 1
            return [{"name": name, "error_code": 3}]
        partitions = [{"replica_nodes": [1, 2, 3]}, {"replica_nodes": [1, 2]}]
        return [{"name": name, "error_code": 0, "topic_id": self._topic_id, "partitions": partitions}]

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        entries = {"cleanup.policy": {"value": "delete"}, "retention.ms": "-1", "segment.bytes": "1"}
        return {"topic": {resource.name: entries for resource in resources}}


def test_a_topic_has_as_many_replicas_as_its_poorest_partition() -> None:
    topic = describe_topic(cast(Any, FakeCluster()), "logs")
    assert topic is not None
    assert (topic.partitions, topic.replication_factor) == (2, 2)
    assert topic.config == {"cleanup.policy": "delete", "retention.ms": "-1"}


@pytest.mark.parametrize("topic_id", [None, uuid.UUID(int=0), ""])
def test_brokers_without_topic_ids_are_known_by_none_or_zeros(topic_id: Any) -> None:
    """Some report a version that has them, and send zeros."""
    topic = describe_topic(cast(Any, FakeCluster(topic_id=topic_id)), "logs")
    assert topic is not None
    assert topic.topic_id == ""


def test_a_topic_that_a_broker_hears_of_late_is_waited_for() -> None:
    assert require_topic(cast(Any, FakeCluster(late=3)), "logs", seconds=60).name == "logs"


def test_a_topic_that_is_not_there_is_refused_at_once_where_nothing_was_created() -> None:
    with pytest.raises(TopicError, match="the topic logs does not exist"):
        require_topic(cast(Any, FakeCluster(late=1)), "logs", seconds=0)
