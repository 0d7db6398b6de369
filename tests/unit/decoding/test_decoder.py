"""Event logs in the words of their ABI: like eth_abi and like web3, on real blocks and on made ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from eth_abi.abi import decode as decode_by_eth_abi
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from web3 import Web3
from web3._utils.events import get_event_data

from ethlogs.decoding import words
from ethlogs.decoding.builtin import BUILTIN
from ethlogs.decoding.decoder import Decoder
from ethlogs.decoding.event import TUPLE, Event, Parameter
from ethlogs.decoding.signature import parse_event
from ethlogs.proof import ProvenLog, keccak256, prove_by_receipts
from ethlogs.settings import Abi
from tests.unit.proof_samples import RECORDED, load_recorded

ALL = tuple(Abi(name, None, events) for name, events in BUILTIN.items())
CODEC = Web3().codec
CONTRACT = "0x" + "12" * 20


@cache
def real_logs() -> tuple[ProvenLog, ...]:
    """Every event log of a recorded block that is proven."""
    logs: list[ProvenLog] = []
    for path in sorted(RECORDED.glob("*.json")):
        header, receipts = load_recorded(path.stem)
        try:
            ordered = sorted(receipts or (), key=lambda receipt: int(receipt["transactionIndex"], 16))
            logs += prove_by_receipts(header, ordered).logs
        except Exception:  # noqa: BLE001, S112 - what cannot be proven is another test's matter
            continue
    return tuple(logs)


def decode(decoder: Decoder, log: ProvenLog) -> dict[str, Any] | None:
    raw = decoder.decode(log.address, log.topics, log.data)
    return None if raw is None else json.loads(bytes(raw))


def make_log(event: Event, values: Sequence[Any], address: str = CONTRACT) -> ProvenLog:
    """The log that a contract emits; of an indexed value of more than a word, its hash is given."""
    pairs = list(zip(event.parameters, values, strict=True))
    topics = [_topic(item, value) for item, value in pairs if item.indexed]
    plain = [(item.type, value) for item, value in pairs if not item.indexed]
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return ProvenLog(address, [event.topic0, *topics], "0x" + data.hex(), "0x", 0, 0)


def _topic(item: Parameter, value: Any) -> str:
    return "0x" + (value if len(str(value)) == 64 else encode([item.type], [value]).hex())


def by_eth_abi(event: Event, log: ProvenLog) -> dict[str, Any] | None:
    """The arguments by eth_abi alone; ``None`` where it does not take the words."""
    topics = iter(log.topics[1:])
    plain = [item for item in event.parameters if not item.indexed]
    try:
        values = iter(decode_by_eth_abi([item.type for item in plain], bytes.fromhex(log.data[2:])))
        return {
            item.name: _plain(item, decode_by_eth_abi([item.type], bytes.fromhex(next(topics)[2:]))[0])
            if item.indexed
            else _plain(item, next(values))
            for item in event.parameters
        }
    except Exception:  # noqa: BLE001 - whatever it raises means the same
        return None


def _plain(item: Parameter, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, each) for each in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str) and item.base == "address":
        return to_checksum_address(value)
    return value if isinstance(value, str) else str(value)


def decoded_real_logs() -> Iterator[tuple[ProvenLog, dict[str, Any]]]:
    decoder = Decoder(ALL)
    for log in real_logs():
        found = decode(decoder, log)
        if found is not None:
            yield log, found


EVENTS = {
    (event.topic0, event.topics, name): event
    for name, texts in BUILTIN.items()
    for event in map(parse_event, texts)
}


def test_real_event_logs_are_decoded_like_eth_abi_field_by_field() -> None:
    counts: dict[str, int] = {}
    for log, found in decoded_real_logs():
        event = EVENTS[log.topics[0], len(log.topics), found["abi"]]
        assert found["args"] == by_eth_abi(event, log)
        assert (found["event"], found["signature"]) == (event.name, event.signature)
        key = f"{found['abi']} {event.name}"
        counts[key] = counts.get(key, 0) + 1
    assert counts.keys() >= {
        "erc20 Transfer",
        "erc20 Approval",
        "erc721 Transfer",
        "uniswap-v2 Swap",
        "uniswap-v3 Swap",
    }


def test_real_event_logs_that_are_not_decoded_do_not_fit() -> None:
    decoder, looked = Decoder(ALL), 0
    for log in real_logs():
        if decode(decoder, log) is None and log.topics:
            events = [
                event
                for (topic0, topics, _), event in EVENTS.items()
                if (topic0, topics) == (log.topics[0], len(log.topics))
            ]
            looked += bool(events)
            # A longer log than the words take is decoded by eth_abi, which ignores the rest.
            assert all(by_eth_abi(event, log) is None or _has_more(event, log) for event in events)
    assert looked == 38  # all of them of a development node's own test contracts


def _has_more(event: Event, log: ProvenLog) -> bool:
    words = [item.words for item in event.parameters if not item.indexed]
    return None not in words and len(log.data) > 2 + 64 * sum(filter(None, words))


def to_json_abi(event: Event) -> dict[str, Any]:
    """The event as compilers write it, for web3."""

    def item_of(item: Parameter) -> dict[str, Any]:
        parts = {"components": [item_of(part) for part in item.components]} if item.base == TUPLE else {}
        return {"name": item.name, "type": item.base + item.suffix, "indexed": item.indexed, **parts}

    inputs = [item_of(item) for item in event.parameters]
    return {"type": "event", "name": event.name, "anonymous": False, "inputs": inputs}


def test_real_event_logs_are_decoded_like_web3_does_for_the_built_in_abis() -> None:
    for log, found in decoded_real_logs():
        event = EVENTS[log.topics[0], len(log.topics), found["abi"]]
        entry: Any = {
            "address": log.address,
            "topics": [bytes.fromhex(topic[2:]) for topic in log.topics],
            "data": bytes.fromhex(log.data[2:]),
            "logIndex": 0,
            "transactionIndex": 0,
            "transactionHash": b"",
            "blockHash": b"",
            "blockNumber": 0,
        }
        by_web3 = get_event_data(CODEC, to_json_abi(event), entry)
        assert found["event"] == by_web3["event"]
        expected = {item.name: _plain(item, by_web3["args"][item.name]) for item in event.parameters}
        assert found["args"] == expected


MADE = [
    (
        "One(int8 a,int256 b,uint8 c,bool d,bytes3 e,bytes32 f,address g)",
        [-128, -1, 255, True, b"abc", b"\1" * 32, CONTRACT],
    ),
    ("Two(int24 indexed a,bool indexed b,bytes4 indexed c)", [-8388608, False, b"\1\2\3\4"]),
    (
        "Three(string a,bytes b,uint256[] c,string[2] d)",
        ['größe " \\ \0', b"\0\1", [1, 2**256 - 1], ["", "x"]],
    ),
    (
        "Four((address to,(uint256 a,bytes b)[] parts) order,bool[2] flags)",
        [(CONTRACT, [(1, b""), (2, b"z")]), [True, False]],
    ),
    ("Five(uint256 indexed id,string text)", [7, "x"]),
    ("Six(uint8[2][2] a,(bool b,int16 c) d)", [[[1, 2], [3, 4]], (True, -5)]),
    ("Seven(bool" + "[1]" * 31 + "[] a)", [json.loads("[" * 32 + "true" + "]" * 32)]),
]


@pytest.mark.parametrize(("text", "values"), MADE, ids=[text.split("(")[0] for text, _ in MADE])
def test_values_of_every_kind_have_their_form(text: str, values: list[Any]) -> None:
    event = parse_event(text)
    found = decode(Decoder([Abi("mine", None, (text,))]), make_log(event, values))
    assert found is not None
    assert found["abi"] == "mine"
    assert list(found["args"]) == [item.name for item in event.parameters]
    for item, value in zip(event.parameters, values, strict=True):
        assert found["args"][item.name] == _named(item, value)


def _named(item: Parameter, value: Any) -> Any:
    if item.suffix:
        inner = Parameter(
            item.base, item.suffix[: item.suffix.rindex("[")], item.name, False, item.components
        )
        return [_named(inner, each) for each in value]
    if item.base == TUPLE:
        return {part.name: _named(part, each) for part, each in zip(item.components, value, strict=True)}
    return _plain(item, value)


def test_an_indexed_value_of_more_than_a_word_is_its_hash() -> None:
    event = parse_event("Named(string indexed name,uint256[] indexed list,uint256 value)")
    hashes = [keccak256(b"x").hex(), keccak256(b"y").hex()]
    found = decode(Decoder([Abi("mine", None, (event.text,))]), make_log(event, [*hashes, 5]))
    assert found is not None
    assert found["args"] == {
        "name": {"hash": "0x" + hashes[0]},
        "list": {"hash": "0x" + hashes[1]},
        "value": "5",
    }


TRANSFER = parse_event(BUILTIN["erc20"][0])
A_TRANSFER = make_log(TRANSFER, [CONTRACT, CONTRACT, 1])


@pytest.mark.parametrize(
    "change",
    [
        {"data": "0x"},
        {"data": A_TRANSFER.data + "00"},
        {"data": A_TRANSFER.data + "00" * 32},
        {"topics": A_TRANSFER.topics[:2]},
        {"topics": []},
        {"topics": [A_TRANSFER.topics[0], "0x" + "11" * 32, A_TRANSFER.topics[2]]},
    ],
)
def test_a_log_whose_words_do_not_fit_is_not_decoded(change: dict[str, Any]) -> None:
    decoder = Decoder([Abi("erc20", None, BUILTIN["erc20"])])
    assert decode(decoder, A_TRANSFER) is not None
    assert decode(decoder, A_TRANSFER._replace(**change)) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("A(uint8 a)", 256),
        ("A(uint112 a)", 1 << 112),
        ("A(int8 a)", 128),
        ("A(int8 a)", (1 << 256) - 129),
        ("A(bool a)", 2),
        ("A(bytes31 a)", 1),
        ("A(function a)", 1),
        ("A(address a)", 1 << 160),
        ("A(string a)", 32),
        ("A(string a)", 1 << 255),
    ],
)
def test_a_word_that_is_out_of_its_types_range_is_not_decoded(text: str, word: int) -> None:
    log = ProvenLog(CONTRACT, [parse_event(text).topic0], f"0x{word:064x}", "0x", 0, 0)
    assert decode(Decoder([Abi("mine", None, (text,))]), log) is None


def test_addresses_are_remembered_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_MOST_ADDRESSES", 2)
    remembered = words.AddressWords()
    made = [f"{number:064x}" for number in range(5)]
    assert [remembered[word] for word in made] == [
        f'"{to_checksum_address("0x" + word[24:])}"' for word in made
    ]
    assert list(remembered) == made[-1:]
    assert remembered["0x" + made[0]] == remembered[made[0]]


def test_text_that_is_not_utf_8_is_not_decoded() -> None:
    event = parse_event("A(string a)")
    log = make_log(parse_event("A(bytes a)"), [b"\xff\xfe"])._replace(topics=[event.topic0])
    assert decode(Decoder([Abi("mine", None, (event.text,))]), log) is None


def test_a_small_log_cannot_say_gigabytes() -> None:
    """Offsets may all point to one array: 3 levels of 200 would be 8 million values."""
    event, count = parse_event("A(uint256[][][] a)"), 200

    def pointing(to_offset: int) -> list[int]:
        return [count, *[to_offset] * count]

    words = [32, *pointing(32 * count), *pointing(32 * count), count, *range(count)]
    data = "0x" + "".join(f"{word:064x}" for word in words)
    log = ProvenLog(CONTRACT, [event.topic0], data, "0x", 0, 0)
    assert decode(Decoder([Abi("mine", None, (event.text,))]), log) is None
    honest = make_log(event, [[[[1, 2], [3]], [], [[4]]]])
    assert decode(Decoder([Abi("mine", None, (event.text,))]), honest) is not None


def test_the_number_of_topics_tells_tokens_apart() -> None:
    for abis in (ALL, ALL[::-1]):
        coin = decode(Decoder(abis), A_TRANSFER)
        token = decode(Decoder(abis), make_log(parse_event(BUILTIN["erc721"][0]), [CONTRACT, CONTRACT, 1]))
        assert coin is not None
        assert token is not None
        assert (coin["abi"], token["abi"]) == ("erc20", "erc721")
        assert token["args"]["tokenId"] == "1"


def test_an_abi_of_the_contract_comes_first_and_then_the_first_one() -> None:
    names = "Transfer(address indexed a,address indexed b,uint256 c)"
    first, second = Abi("first", None, (names,)), Abi("erc20", None, BUILTIN["erc20"])
    own = Abi("own", CONTRACT, (names,))
    order = [first, second]
    assert [decode(Decoder(abis), A_TRANSFER)["abi"] for abis in (order, order[::-1], [*order, own])] == [  # type: ignore[index]
        "first",
        "erc20",
        "own",
    ]
    other = A_TRANSFER._replace(address="0x" + "34" * 20)
    assert decode(Decoder([*order, own]), other)["abi"] == "first"  # type: ignore[index]
    assert decode(Decoder([own]), other) is None


def test_the_name_of_an_abi_may_have_any_character() -> None:
    found = decode(Decoder([Abi('100% "é".json', None, BUILTIN["erc20"])]), A_TRANSFER)
    assert found is not None
    assert found["abi"] == '100% "é".json'
