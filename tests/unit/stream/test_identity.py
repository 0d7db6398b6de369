"""What a stream is bound to."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka.topics import Topic
from ethlogs.stream.identity import StreamTopics, check_identity
from tests.unit.samples import CLAIM, IDENTITY

TOPICS = StreamTopics(
    Topic("eth_eventlogs", "topic-id", 6, 3, {}, frozenset()),
    Topic("eth_eventlogs.ledger", "ledger-id", 33, 3, {}, frozenset()),
)


def test_the_identity_is_that_of_chain_and_topics() -> None:
    assert TOPICS.identity(1, "0xd4e5") == IDENTITY


@pytest.mark.parametrize("name", ["event_logs", "ledger"])
def test_a_kafka_without_topic_ids_is_refused(name: str) -> None:
    topics = dataclasses.replace(TOPICS, **{name: dataclasses.replace(getattr(TOPICS, name), topic_id="")})
    with pytest.raises(TopicError, match="does not give topic ids"):
        topics.identity(1, "0xd4e5")


def test_a_stream_of_the_same_chain_and_topics_is_taken() -> None:
    check_identity(None, IDENTITY)
    check_identity(CLAIM, IDENTITY)


def test_a_stream_of_something_else_is_refused_with_all_that_differs() -> None:
    now = replace(IDENTITY, chain_id=5, topic_id="new")
    with pytest.raises(SettingsError) as caught:
        check_identity(CLAIM, now)
    for difference in IDENTITY.differences(now):
        assert difference in str(caught.value)
