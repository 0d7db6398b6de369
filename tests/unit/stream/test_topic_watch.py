"""Topics that were recreated or repartitioned, by what the cluster says of them before and now."""

from __future__ import annotations

from dataclasses import replace

from ethlogs.kafka.topics import Topic
from ethlogs.stream.topic_watch import differences

TOPIC = Topic("logs", "an-id", 6, 3, {}, frozenset())


def test_a_topic_does_not_differ_from_itself() -> None:
    assert differences(TOPIC, replace(TOPIC, config={"retention.ms": "1"}, replication_factor=2)) == []


def test_a_recreated_and_repartitioned_topic_differs_twice() -> None:
    assert differences(TOPIC, replace(TOPIC, topic_id="another", partitions=7)) == [
        "the topic logs was deleted and created again",
        "the topic logs has 7 partitions, it had 6",
    ]
