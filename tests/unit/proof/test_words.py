"""Addresses and topics, checked once and kept."""

from __future__ import annotations

import pytest

from ethlogs.proof.shapes import ShapeError
from ethlogs.proof.words import bloom_of, parse_address, parse_topic

ADDRESS = "0x" + "aB" * 20
TOPIC = "0x" + "cD" * 32


def test_an_address_and_a_topic_have_their_text_rlp_and_bloom() -> None:
    address, topic = parse_address(ADDRESS), parse_topic(TOPIC)
    assert (address.text, topic.text) == (ADDRESS.lower(), TOPIC.lower())
    assert address.rlp == b"\x94" + b"\xab" * 20
    assert topic.rlp == b"\xa0" + b"\xcd" * 32
    assert address.bloom == bloom_of(b"\xab" * 20)


def test_a_word_that_was_there_before_is_not_parsed_again() -> None:
    assert parse_address(ADDRESS) is parse_address(ADDRESS)


@pytest.mark.parametrize("value", ["0x12", "ab" * 20, 7, None])
def test_what_is_not_an_address_is_refused(value: object) -> None:
    with pytest.raises(ShapeError):
        parse_address(value)


def test_the_cache_cannot_look_up_a_list() -> None:
    with pytest.raises(TypeError):
        parse_topic([])  # type: ignore[arg-type]  # what a node may send


def test_the_bloom_of_a_word_has_at_most_three_bits_of_2048() -> None:
    for number in range(200):
        bloom = bloom_of(number.to_bytes(20, "big"))
        assert 1 <= bloom.bit_count() <= 3
        assert bloom < 1 << 2048
