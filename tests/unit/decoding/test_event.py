"""An event's signature, its topic0, and how many words its parameters take."""

from __future__ import annotations

import pytest

from ethlogs.decoding.event import TUPLE, Event, Parameter

PAIR = (Parameter("uint256", "", "a"), Parameter("address", "", "b"))


def test_an_event_has_its_signature_and_its_topic0() -> None:
    transfer = Event(
        "Transfer",
        (
            Parameter("address", "", "from", indexed=True),
            Parameter("address", "", "to", indexed=True),
            Parameter("uint256", "", "value"),
        ),
    )
    assert transfer.signature == "Transfer(address,address,uint256)"
    assert transfer.topic0 == "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert transfer.text == "Transfer(address indexed from,address indexed to,uint256 value)"
    assert transfer.topics == 3


def test_a_tuple_has_the_types_of_its_components() -> None:
    pairs = Parameter(TUPLE, "[2]", "pairs", components=PAIR)
    assert pairs.type == "(uint256,address)[2]"
    assert pairs.text == "(uint256 a,address b)[2] pairs"


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (Parameter("uint8", "", "x"), 1),
        (Parameter("uint8", "[3]", "x"), 3),
        (Parameter("uint8", "[3][2]", "x"), 6),
        (Parameter("uint8", "[]", "x"), None),
        (Parameter("string", "", "x"), None),
        (Parameter("bytes", "", "x"), None),
        (Parameter(TUPLE, "", "x", components=PAIR), 2),
        (Parameter(TUPLE, "[4]", "x", components=PAIR), 8),
        (Parameter(TUPLE, "", "x", components=(*PAIR, Parameter("string", "", "c"))), None),
    ],
    ids=lambda value: value.type if isinstance(value, Parameter) else str(value),
)
def test_a_value_of_fixed_size_takes_so_many_words(parameter: Parameter, words: int | None) -> None:
    assert parameter.words == words
    assert parameter.is_word == (words == 1 and not parameter.suffix and parameter.base != TUPLE)
