"""What a stream is bound to."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.decoding.record import describe_decoding
from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka.topics import Topic
from ethlogs.ledger import Claim
from ethlogs.selection import describe_selection
from ethlogs.settings import Abi, SelectionSettings
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
    with pytest.raises(TopicError, match="do not give topic ids"):
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


def claim_of(content: SelectionSettings) -> Claim:
    """The claim of a stream with this content."""
    return replace(CLAIM, selection=describe_selection(content), decoding=describe_decoding(content))


CONTRACTS = SelectionSettings(("0x" + "aa" * 20, "0x" + "bb" * 20), ("0x" + "cc" * 32,))


def test_the_selection_that_a_stream_was_created_with_is_taken() -> None:
    check_content(None, CONTRACTS)
    check_content(CLAIM, SelectionSettings())
    check_content(claim_of(CONTRACTS), CONTRACTS)


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
    claim = claim_of(created)
    with pytest.raises(SettingsError, match=r"this stream selects .*; this command selects ") as caught:
        check_content(claim, now)
    assert "another --topic" in str(caught.value.hint)


def test_a_reader_that_says_no_selection_takes_that_of_the_claim() -> None:
    claim = claim_of(CONTRACTS)
    assert content_of(claim, SelectionSettings()) == CONTRACTS
    assert content_of(claim, CONTRACTS) == CONTRACTS
    assert content_of(CLAIM, SelectionSettings()) == SelectionSettings()
    with pytest.raises(SettingsError, match="this stream selects"):
        content_of(claim, SelectionSettings(CONTRACTS.addresses))


def test_a_reader_of_a_selection_that_is_not_listed_has_to_say_it() -> None:
    many = SelectionSettings(tuple(f"0x{number:040x}" for number in range(2_000)))
    claim = claim_of(many)
    assert content_of(claim, many) == many
    with pytest.raises(SettingsError, match="too many entries to list them; without --address"):
        content_of(claim, SelectionSettings())


COINS = Abi("erc20", None, ("A(uint256 a)", "B()"))
TOKENS = Abi("erc721", "0x" + "aa" * 20, ("C()",))


def test_the_abis_that_a_stream_was_created_with_are_taken() -> None:
    content = replace_content(CONTRACTS, (COINS, TOKENS))
    check_content(claim_of(content), content)
    assert content_of(claim_of(content), SelectionSettings()) == content
    assert content_of(claim_of(content), CONTRACTS) == content
    assert content_of(claim_of(content), SelectionSettings(abis=content.abis)) == content


@pytest.mark.parametrize(
    ("created", "now"),
    [
        ((), (COINS,)),
        ((COINS,), ()),
        ((COINS, TOKENS), (TOKENS, COINS)),
        ((COINS,), (Abi("x", None, COINS.events),)),
    ],
)
def test_other_abis_are_refused_with_both(created: tuple[Abi, ...], now: tuple[Abi, ...]) -> None:
    with pytest.raises(
        SettingsError, match=r"this stream is decoded by .*; this command decodes by "
    ) as caught:
        check_content(claim_of(SelectionSettings(abis=created)), SelectionSettings(abis=now))
    assert "another --topic" in str(caught.value.hint)


def test_a_reader_of_abis_that_are_not_listed_has_to_say_them() -> None:
    many = SelectionSettings(abis=(Abi("many", None, tuple(f"E{number}()" for number in range(2_000))),))
    assert content_of(claim_of(many), many) == many
    with pytest.raises(SettingsError, match="too many entries to list them; without --abi"):
        content_of(claim_of(many), SelectionSettings())


def replace_content(content: SelectionSettings, abis: tuple[Abi, ...]) -> SelectionSettings:
    return dataclasses.replace(content, abis=abis)
