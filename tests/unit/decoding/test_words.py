"""Values of one word, as JSON text."""

from __future__ import annotations

import pytest

from ethlogs.decoding import words
from ethlogs.decoding.words import AddressWords, MisfitError, read_hash, word_reader

ONES = "f" * 64


def word(number: int) -> str:
    return f"{number % (1 << 256):064x}"


@pytest.mark.parametrize(
    ("base", "text", "value"),
    [
        ("uint256", word(2**256 - 1), f'"{2**256 - 1}"'),
        ("uint8", word(255), '"255"'),
        ("int256", word(-1), '"-1"'),
        ("int8", word(-128), '"-128"'),
        ("bool", word(1), "true"),
        ("bool", word(0), "false"),
        ("bytes4", "deadbeef" + "0" * 56, '"0xdeadbeef"'),
        ("bytes32", ONES, f'"0x{ONES}"'),
        ("function", "ab" * 24 + "0" * 16, f'"0x{"ab" * 24}"'),
    ],
)
def test_a_word_is_read_by_its_type(base: str, text: str, value: str) -> None:
    assert word_reader(base)(text) == value
    assert word_reader(base)("0x" + text) == value


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("uint8", word(256)),
        ("int8", word(128)),
        ("int8", word(-129)),
        ("bool", word(2)),
        ("bytes4", "deadbeef01" + "0" * 54),
    ],
)
def test_a_word_that_no_value_of_the_type_gives_is_a_misfit(base: str, text: str) -> None:
    with pytest.raises(MisfitError):
        word_reader(base)(text)


def test_an_address_word_gives_the_checksum_form_and_other_bytes_before_it_are_a_misfit() -> None:
    addresses = AddressWords()
    text = "0" * 24 + "a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
    assert addresses[text] == '"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"'
    with pytest.raises(MisfitError):
        addresses["1" + text[1:]]


def test_the_cache_of_addresses_is_emptied_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_MOST_ADDRESSES", 2)
    addresses = AddressWords()
    for number in range(5):
        assert addresses[word(number)].startswith('"0x')
        assert len(addresses) <= 2


def test_a_hash_is_all_that_a_log_has_of_a_longer_indexed_value() -> None:
    assert read_hash("0x" + ONES) == f'{{"hash":"0x{ONES}"}}'
