"""Topics that were recreated or repartitioned, by what the cluster says of them before and now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ethlogs.errors import SettingsError
from ethlogs.follow.stream import RisingOffsets
from ethlogs.follow.topic_watch import differences
from ethlogs.kafka.topics import Topic

TOPIC = Topic("logs", "an-id", 6, 3, {}, frozenset())


def test_a_topic_does_not_differ_from_itself() -> None:
    assert differences(TOPIC, replace(TOPIC, config={"retention.ms": "1"}, replication_factor=2)) == []


def test_a_recreated_and_repartitioned_topic_differs_twice() -> None:
    assert differences(TOPIC, replace(TOPIC, topic_id="another", partitions=7)) == [
        "the topic logs was deleted and created again",
        "the topic logs has 7 partitions, it had 6",
    ]


def test_offsets_that_rise_are_those_of_the_same_topic() -> None:
    offsets = RisingOffsets("logs", {0: 10})
    offsets.check({0: (11, 12), 4: (0, 3)})
    offsets.check({0: (14, 14), 4: (5, 5)})


@pytest.mark.parametrize("first", [0, 9, 10])
def test_an_offset_that_falls_or_stands_still_is_another_topics(first: int) -> None:
    offsets = RisingOffsets("logs", {0: 10})
    with pytest.raises(SettingsError, match=f"partition 0 of logs fell from 10 to {first}"):
        offsets.check({0: (first, 20)})


def test_an_offset_that_falls_after_the_first_transaction_is_noticed() -> None:
    offsets = RisingOffsets("logs", {})
    offsets.check({3: (5, 8)})
    with pytest.raises(SettingsError, match="deleted and created again, or lost acknowledged records"):
        offsets.check({3: (0, 0)})
