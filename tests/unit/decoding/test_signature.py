"""Events from text: as people write them, and as compilers do."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.abi import event_abi_to_log_topic

from ethlogs.decoding.signature import parse_abi, parse_event

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


@pytest.mark.parametrize(
    "text",
    [
        "Transfer(address,address,uint256)",
        "Transfer(address,address,uint)",
        "event Transfer(address indexed from, address indexed to, uint256 value);",
        " Transfer ( address indexed from,\n address to , uint256 ) ",
    ],
)
def test_a_signature_may_be_written_in_any_usual_way(text: str) -> None:
    assert parse_event(text).topic0 == TRANSFER


@pytest.mark.parametrize(
    ("text", "signature", "whole"),
    [
        ("Sync(uint112 a,byte b)", "Sync(uint112,bytes1)", "Sync(uint112 a,bytes1 b)"),
        ("None()", "None()", "None()"),
        ("Fill(uint[][2] indexed)", "Fill(uint256[][2])", "Fill(uint256[][2] indexed arg0)"),
        (
            "Order((address to,(uint a,string)[] parts)[] indexed orders,function f)",
            "Order((address,(uint256,string)[])[],function)",
            "Order((address to,(uint256 a,string arg1)[] parts)[] indexed orders,function f)",
        ),
        ("Order(tuple(bool) one)", "Order((bool))", "Order((bool arg0) one)"),
    ],
)
def test_types_have_their_full_form_and_names_that_are_missing_are_numbered(
    text: str, signature: str, whole: str
) -> None:
    event = parse_event(text)
    assert (event.signature, event.text) == (signature, whole)
    assert parse_event(whole) == event


@pytest.mark.parametrize(
    "text",
    [
        "Transfer",
        "Transfer(address",
        "Transfer(address))",
        "Transfer((address)",
        "Transfer(adress)",
        "Transfer(uint255)",
        "Transfer(uint08)",
        "Transfer(bytes33)",
        "Transfer(uint256[0])",
        "Transfer(address,)",
        "Transfer(address from to)",
        "Transfer(address a,address a)",
        "Transfer(address indexed indexed)",
        "Transfer(bool indexed,bool indexed,bool indexed,bool indexed)",
        "Transfer(address) anonymous",
        "1Transfer(address)",
        "Transfer((bool indexed x) y)",
        "Transfer(uint256[01])",
        "Transfer(uint256[00])",
        "Transfer(uint256[-1])",
        "Transfer(uint256[" + "9" * 5000 + "])",
        "Transfer(uint" + "9" * 5000 + ")",
        "Transfer((bool)[0])",
        "Transfer((bool)[01])",
        "Transfer(" + "(" * 5_000 + "bool" + ")" * 5_000 + ")",
        "Transfer(" + "(" * 33 + "bool" + ")" * 33 + ")",
        "Transfer(uint256[\u0663])",
        "Transfer(uint\u0662\u0665\u0666)",
        "Trånsfer(bool)",
        "",
    ],
)
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_event(text)


ORDER: dict[str, Any] = {
    "type": "event",
    "name": "Order",
    "anonymous": False,
    "inputs": [
        {"name": "id", "type": "uint256", "indexed": True},
        {
            "name": "parts",
            "type": "tuple[2][]",
            "indexed": False,
            "components": [{"name": "to", "type": "address"}, {"name": "", "type": "bytes"}],
        },
    ],
}


def test_the_events_of_a_compilers_abi_are_those_of_its_hash() -> None:
    (event,) = parse_abi([{"type": "function", "name": "f"}, ORDER, ORDER | {"anonymous": True}])
    assert event.topic0 == "0x" + event_abi_to_log_topic(ORDER).hex()  # type: ignore[arg-type]
    assert event.text == "Order(uint256 indexed id,(address to,bytes arg1)[2][] parts)"
    assert parse_abi({"abi": [ORDER], "bytecode": "0x"}) == [event]
    assert parse_event(event.text) == event


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        [1],
        [{"type": "function"}],
        [ORDER | {"inputs": None}],
        [ORDER | {"name": None}],
        [ORDER | {"inputs": [{"name": "a", "type": "uint7"}]}],
        [ORDER | {"inputs": [{"name": "a", "type": "tuple"}]}],
        [ORDER | {"inputs": [{"name": "a", "type": "tuple!", "components": []}]}],
        [ORDER | {"inputs": [{"name": "a"}]}],
    ],
)
def test_what_is_no_abi_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_abi(content)


def test_tuples_lie_in_each_other_as_deep_as_any_abi_has_them() -> None:
    whole = "Deep(" + "(" * 32 + "bool" + ")" * 32 + ")"
    assert parse_event(whole).signature == whole
    inputs: list[dict[str, Any]] = [{"name": "a", "type": "bool"}]
    for _ in range(33):
        inputs = [{"name": "a", "type": "tuple", "components": inputs}]
    with pytest.raises(ValueError, match="more than 32 arrays and tuples"):
        parse_abi([{"type": "event", "name": "Deep", "inputs": inputs}])


@pytest.mark.parametrize(
    "parameter",
    ["bool" + "[]" * 33, "bool" + "[1]" * 33, "(bool[3] a)" + "[]" * 31, "(" * 20 + "bool" + ")[]" * 20],
)
def test_arrays_and_tuples_lie_in_each_other_only_as_deep_as_they_can_be_decoded(parameter: str) -> None:
    with pytest.raises(ValueError, match="more than 32 arrays and tuples"):
        parse_event(f"Deep({parameter})")
    assert parse_event("Deep(bool" + "[]" * 32 + ")").topics == 1


def test_an_anonymous_event_is_named_as_the_reason() -> None:
    with pytest.raises(ValueError, match="is an anonymous event"):
        parse_event("event Transfer(address to) anonymous;")
    with pytest.raises(ValueError, match="only anonymous ones"):
        parse_abi([ORDER | {"anonymous": True}])


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("Sync( )", "Sync()"),
        ("Sync(\tuint112\tindexed\ta,\n\t(bool\tb)[]\tc\n)", "Sync(uint112,(bool)[])"),
    ],
)
def test_white_space_of_every_kind_separates_words(text: str, signature: str) -> None:
    assert parse_event(text).signature == signature
