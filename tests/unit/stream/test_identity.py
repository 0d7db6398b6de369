"""What a stream is bound to."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka.topics import Topic
from ethlogs.selection import describe_selection
from ethlogs.settings import SelectionSettings
from ethlogs.stream.identity import StreamTopics, check_content, check_identity, content_of
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


CONTRACTS = SelectionSettings(("0x" + "aa" * 20, "0x" + "bb" * 20), ("0x" + "cc" * 32,))


def test_the_selection_that_a_stream_was_created_with_is_taken() -> None:
    check_content(None, CONTRACTS)
    check_content(CLAIM, SelectionSettings())
    check_content(replace(CLAIM, selection=describe_selection(CONTRACTS)), CONTRACTS)


@pytest.mark.parametrize(
    ("created", "now"),
    [
        (SelectionSettings(), CONTRACTS),
        (CONTRACTS, SelectionSettings()),
        (CONTRACTS, SelectionSettings(CONTRACTS.addresses)),
        (CONTRACTS, SelectionSettings((), CONTRACTS.events)),
    ],
)
def test_another_selection_is_refused_with_both(created: SelectionSettings, now: SelectionSettings) -> None:
    claim = replace(CLAIM, selection=describe_selection(created))
    with pytest.raises(SettingsError, match=r"this stream selects .*; this command selects ") as caught:
        check_content(claim, now)
    assert "another --topic" in str(caught.value.hint)


def test_a_reader_that_says_no_selection_takes_that_of_the_claim() -> None:
    claim = replace(CLAIM, selection=describe_selection(CONTRACTS))
    assert content_of(claim, SelectionSettings()) == CONTRACTS
    assert content_of(claim, CONTRACTS) == CONTRACTS
    assert content_of(CLAIM, SelectionSettings()) == SelectionSettings()
    with pytest.raises(SettingsError, match="this stream selects"):
        content_of(claim, SelectionSettings(CONTRACTS.addresses))


def test_a_reader_of_a_selection_that_is_not_listed_has_to_say_it() -> None:
    many = SelectionSettings(tuple(f"0x{number:040x}" for number in range(2_000)))
    claim = replace(CLAIM, selection=describe_selection(many))
    assert content_of(claim, many) == many
    with pytest.raises(SettingsError, match="more contracts and events than its claim lists"):
        content_of(claim, SelectionSettings())
