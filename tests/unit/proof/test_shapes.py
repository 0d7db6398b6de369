"""Answers of every wrong shape are refused with one kind of error, and other spellings are understood."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import ProvenBlock, parse_header, prove_by_receipts
from ethlogs.proof.shapes import show
from ethlogs.proof.words import parse_address, parse_topic
from tests.unit.proof_samples import Json, load_mainnet_block, make_block, seal

NOT_TEXT: tuple[Any, ...] = (None, True, 0, -1, 1.5, float("nan"), [], {}, ["0x1"], {"0x1": 1})
NOT_HEX = (
    "",
    "0",
    "0x",
    "x1",
    "1x1",
    "0xg",
    "0x 1",
    "-0x1",
    "0x-1",
    "0x1_0",
    "0x\u0661",
    "0x\ud800",
    " 0x1",
    "0x1\n",
)
NOT_QUANTITIES = (*NOT_TEXT, *NOT_HEX, "0x" + "0" * 65, "0x1" + "0" * 16, "0x" + "f" * 10_000)
NOT_HASHES = (
    *NOT_TEXT,
    *NOT_HEX,
    "0x" + "a" * 63,
    "0x" + "a" * 65,
    "0x" + "a" * 62,
    "a" * 64,
    "0x" + "a b" * 22,
)
NOT_HASHES += ("0x" + " " * 64, "0x" + "ab " * 32, "0x" + "é" * 64, "0x" + "g" * 64, "0X" + "a" * 64)
NOT_ADDRESSES = (*NOT_TEXT, *NOT_HEX, "0x" + "a" * 39, "0x" + "a" * 41, "0x" + "a" * 38, "0x" + "a" * 64)
NOT_DATA = (
    *NOT_TEXT,
    "",
    "0",
    "0xa",
    "0xabc",
    "0xzz",
    "0x a",
    "0xa ",
    "ab",
    "0x" + "a" * 70_001,
    "0xé\u0301",
)
NOT_FALSE: tuple[Any, ...] = (True, None, "false", 1, [], {})
NOT_LISTS: tuple[Any, ...] = (None, True, 0, 1.5, "", "0x", {}, {"0": []})
NOT_OBJECTS: tuple[Any, ...] = (None, True, 0, 1.5, "", "0x", [], [[]])

WRONG_HEADER = [
    *(("number", value) for value in NOT_QUANTITIES),
    *(("timestamp", value) for value in NOT_QUANTITIES),
    *(("hash", value) for value in NOT_HASHES),
    *(("parentHash", value) for value in NOT_HASHES),
    *(("receiptsRoot", value) for value in NOT_HASHES),
    *(("logsBloom", value) for value in (*NOT_HASHES, "0x" + "00" * 255, "0x" + "00" * 257)),
    *(("transactions", value) for value in NOT_LISTS),
    *(("transactions", [value]) for value in (*NOT_HASHES, {"hash": None}, {"hash": "0x1"}, {"hash": {}})),
]
WRONG_RECEIPT = [
    *(("logs", value) for value in NOT_LISTS),
    *(("logs", [value]) for value in NOT_OBJECTS),
    *(("cumulativeGasUsed", value) for value in NOT_QUANTITIES),
    *(("status", value) for value in (*NOT_QUANTITIES, "0x2", "0xff")),
    *(("root", value) for value in NOT_HASHES if value not in (None, "0x")),
    *(("type", value) for value in NOT_QUANTITIES if value is not None),
    *(("type", value) for value in ("0x80", "0xc0", "0xff", "0x100")),
    *(("logsBloom", value) for value in NOT_HASHES if value not in (None, "0x")),
    *(("transactionHash", value) for value in NOT_HASHES),
    *(("transactionIndex", value) for value in NOT_QUANTITIES if value is not None),
    *(("blockHash", value) for value in NOT_HASHES if value is not None),
    *(("blockNumber", value) for value in NOT_QUANTITIES if value is not None),
]
TOPIC = "0x" + "ab" * 32
WRONG_LOG = [
    *(("address", value) for value in NOT_ADDRESSES),
    *(("topics", value) for value in (*NOT_LISTS, [TOPIC] * 5, [TOPIC] * 100)),
    *(("topics", [TOPIC, value]) for value in NOT_HASHES),
    *(("data", value) for value in NOT_DATA),
    *(("transactionHash", value) for value in NOT_HASHES if value is not None),
    *(("blockHash", value) for value in NOT_HASHES if value is not None),
    *(("blockNumber", value) for value in NOT_QUANTITIES if value is not None),
    *(("transactionIndex", value) for value in NOT_QUANTITIES if value is not None),
    *(("logIndex", value) for value in NOT_QUANTITIES if value is not None),
    *(("removed", value) for value in NOT_FALSE if value is not None),
]


def named(cases: list[tuple[str, Any]]) -> list[Any]:
    return [pytest.param(*case, id=f"{case[0]}-{i}") for i, case in enumerate(cases)]


def receipt_with_logs(receipts: list[Json]) -> Json:
    return next(r for r in receipts if r["logs"] and "status" in r)


@pytest.mark.parametrize(("name", "value"), named(WRONG_HEADER))
@pytest.mark.parametrize("checked", [True, False])
def test_a_malformed_header_is_refused(name: str, value: Any, checked: bool) -> None:
    header, receipts = make_block(1, seed=2)
    header[name] = value
    if not checked:
        header["aFieldOfAnotherChain"] = "0x1"
    for use in (parse_header, lambda raw, **given: prove_by_receipts(raw, receipts, **given)):
        with pytest.raises(UnprovenError, match=f"{name}|fields give the hash"):
            use(header, unchecked_headers=not checked)


@pytest.mark.parametrize("value", NOT_OBJECTS)
def test_a_header_that_is_not_an_object_is_refused(value: Any) -> None:
    with pytest.raises(UnprovenError, match="header is not an object"):
        parse_header(value)


@pytest.mark.parametrize(("name", "value"), named(WRONG_RECEIPT))
def test_a_malformed_receipt_is_refused(name: str, value: Any) -> None:
    header, receipts = make_block(30, seed=2)
    receipt_with_logs(receipts)[name] = value
    with pytest.raises(UnprovenError, match=r"^block 20000002 .*: receipt \d+: "):
        prove_by_receipts(header, receipts)


@pytest.mark.parametrize("name", ["status", "cumulativeGasUsed", "logs"])
def test_a_receipt_without_a_field_that_is_hashed_is_refused(name: str) -> None:
    header, receipts = make_block(30, seed=2)
    del receipt_with_logs(receipts)[name]
    with pytest.raises(UnprovenError, match=f"{name} is not"):
        prove_by_receipts(header, receipts)


@pytest.mark.parametrize(("name", "value"), named(WRONG_LOG))
def test_a_malformed_log_is_refused(name: str, value: Any) -> None:
    header, receipts = make_block(30, seed=2)
    receipt_with_logs(receipts)["logs"][0][name] = value
    with pytest.raises(UnprovenError, match=r"^block 20000002 .*: receipt \d+: log \d+: "):
        prove_by_receipts(header, receipts)


@pytest.mark.parametrize("name", ["address", "topics", "data"])
def test_a_log_without_its_content_is_refused(name: str) -> None:
    header, receipts = make_block(30, seed=2)
    del receipt_with_logs(receipts)["logs"][0][name]
    with pytest.raises(UnprovenError, match=name[:5]):
        prove_by_receipts(header, receipts)


@pytest.mark.parametrize("value", NOT_LISTS)
def test_an_answer_that_is_not_a_list_is_refused(value: Any) -> None:
    header, _ = make_block(0)
    with pytest.raises(UnprovenError, match="is not a list"):
        prove_by_receipts(header, value)


@pytest.mark.parametrize("value", NOT_OBJECTS)
def test_a_receipt_that_is_not_an_object_is_refused(value: Any) -> None:
    header, _ = make_block(1)
    with pytest.raises(UnprovenError, match="receipt 0: is not an object"):
        prove_by_receipts(header, [value])


@pytest.mark.parametrize(
    "value", ["a" * 10_000_000, ["a"] * 1_000, {"a": "b" * 1_000}, 10**4_000, "\ud800\n"]
)
def test_a_message_shows_little_of_what_a_node_sent(value: Any) -> None:
    shown = show(value)
    assert len(shown) < 120
    assert "\n" not in shown
    shown.encode()


def spell_upper(node: Any) -> Any:
    """Every hex text in upper case, as some node may spell it."""
    if isinstance(node, dict):
        return {name: spell_upper(value) for name, value in node.items()}
    if isinstance(node, list):
        return [spell_upper(value) for value in node]
    return "0x" + node[2:].upper() if isinstance(node, str) else node


def spell_mixed(node: Any) -> Any:
    """Addresses as checksums have them: some digits in upper case."""
    if isinstance(node, dict):
        return {name: spell_mixed(value) for name, value in node.items()}
    if isinstance(node, list):
        return [spell_mixed(value) for value in node]
    if not isinstance(node, str):
        return node
    return "0x" + "".join(c.upper() if i % 3 else c for i, c in enumerate(node[2:]))


def spell_long_quantities(node: Any) -> Any:
    """Quantities with leading zeros."""
    if isinstance(node, dict):
        return {name: spell_long_quantities(value) for name, value in node.items()}
    if isinstance(node, list):
        return [spell_long_quantities(value) for value in node]
    return "0x00" + node[2:] if isinstance(node, str) and 2 < len(node) < 12 else node


@pytest.mark.parametrize("spell", [spell_upper, spell_mixed, spell_long_quantities])
def test_another_spelling_gives_the_same_block(spell: Any) -> None:
    header, receipts = make_block(140, seed=6)
    for receipt in receipts:  # so that only quantities are short
        for log in receipt["logs"]:
            log["data"] = "0x" + "ab" * 40
    seal(header, receipts)
    expected = prove_by_receipts(header, receipts)
    parse_address.cache_clear()
    parse_topic.cache_clear()
    spelled = spell(receipts)
    assert prove_by_receipts(header, spelled) == expected
    if spell is not spell_long_quantities:
        assert prove_by_receipts(spell(header), spelled) == expected


def test_an_empty_root_or_type_counts_as_left_out() -> None:
    header, receipts = make_block(30, seed=2)
    expected = prove_by_receipts(header, receipts)
    for receipt in receipts:
        receipt.setdefault("type", None)
        if "status" in receipt:
            receipt["root"] = random.Random(len(receipt)).choice(["0x", None])  # noqa: S311
        else:
            receipt["status"] = None
    assert prove_by_receipts(header, receipts) == expected


def nodes_of(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value at which something can be exchanged, as (container, key)."""
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree))
    for key, value in items:
        yield tree, key
        if isinstance(value, dict | list):
            yield from nodes_of(value)


def mutate(tree: Any, chance: random.Random) -> None:
    """One random change somewhere in a JSON value."""
    container, key = chance.choice(list(nodes_of(tree)))
    value = container[key]
    kind = chance.randrange(6)
    if kind == 0:
        del container[key]
    elif kind == 1:
        container[key] = chance.choice((*NOT_TEXT, *NOT_HEX))
    elif kind == 2 and isinstance(value, str) and len(value) > 2:
        at = chance.randrange(len(value))
        container[key] = value[:at] + chance.choice("0123456789abcdefABCDEFx g") + value[at + 1 :]
    elif kind == 3 and isinstance(value, list):
        value.append(copy.deepcopy(chance.choice(value)) if value else "0x1")
    elif kind == 4 and isinstance(value, list) and len(value) > 1:
        chance.shuffle(value)
    else:
        other, other_key = chance.choice(list(nodes_of(tree)))
        container[key] = copy.deepcopy(other[other_key])


def outcome(prove: Any, header: Any, answer: Any) -> ProvenBlock | None:
    try:
        return prove(header, answer)  # type: ignore[no-any-return]
    except UnprovenError as error:
        str(error).encode()
        return None


@pytest.mark.parametrize("seed", range(8))
def test_a_random_change_is_refused_or_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    header, receipts = make_block(6, seed=30 + seed)
    expected = prove_by_receipts(header, receipts)
    refused = 0
    for _ in range(400):
        tree = {"header": copy.deepcopy(header), "receipts": copy.deepcopy(receipts)}
        mutate(tree, chance)
        found = outcome(prove_by_receipts, tree.get("header"), tree.get("receipts"))
        assert found in (None, expected)
        refused += found is None
    assert refused > 100


@pytest.mark.parametrize("seed", range(4))
def test_many_random_changes_raise_nothing_else(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    header, receipts = make_block(6, seed=40 + seed)
    for _ in range(200):
        tree = {"header": copy.deepcopy(header), "answer": copy.deepcopy(receipts)}
        for _ in range(chance.randrange(1, 5)):
            mutate(tree, chance)
        outcome(prove_by_receipts, tree.get("header"), tree.get("answer"))


def test_random_changes_of_a_mainnet_block_are_refused_or_change_nothing() -> None:
    chance = random.Random(7)  # noqa: S311
    header, receipts = load_mainnet_block(4404763)
    expected = prove_by_receipts(header, receipts)
    for _ in range(60):
        tree = {"header": copy.deepcopy(header), "receipts": copy.deepcopy(receipts)}
        mutate(tree, chance)
        assert outcome(prove_by_receipts, tree.get("header"), tree.get("receipts")) in (None, expected)
