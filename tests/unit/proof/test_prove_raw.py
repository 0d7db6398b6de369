"""Blocks proven from the bytes that consensus hashes: recorded ones, and the same ones tampered with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.event_log import encode_event_logs
from ethlogs.proof import RawBlock, parse_block, prove_by_block, prove_by_receipts
from ethlogs.proof.raw_block import parse_raw_header
from tests.unit.proof.consensus_bytes import (
    header_items,
    raw_block,
    raw_header,
    raw_receipts,
    with_more_items,
)
from tests.unit.proof.test_recorded_blocks import PROVEN, by_index
from tests.unit.proof_samples import Json, load_recorded, make_block, naive_receipt, naive_rlp, naive_root

WHOLE = (
    *("ethereum-468179", "ethereum-1000000", "ethereum-4369999", "ethereum-4404763", "ethereum-11098450"),
    *("ethereum-15753009", "ethereum-16899757", "base-goerli-1041847", "hive-bpo2-54", "geth-amsterdam-11"),
)
"""Recorded blocks whose transactions are known as a whole."""

TYPED = "ethereum-16899757"


def recorded(name: str) -> tuple[Json, list[Json]]:
    header, receipts = load_recorded(name)
    assert receipts is not None
    return header, by_index(receipts)


def block_of(header: Json) -> RawBlock:
    """From the header's bytes, with the transactions' hashes as recorded, where only these are known."""
    hashes = [item if isinstance(item, str) else item["hash"] for item in header["transactions"]]
    return RawBlock(parse_raw_header(bytes.fromhex(raw_header(header)[2:])), tuple(hashes))


@pytest.mark.parametrize("name", WHOLE)
def test_a_recorded_block_is_proven_as_a_whole_and_gives_the_same_records(name: str) -> None:
    header, receipts = recorded(name)
    block = prove_by_block(parse_block(raw_block(header)), raw_receipts(receipts))
    by_json = prove_by_receipts(header, receipts)
    assert (block.proof, by_json.proof) == ("block", "receipts")
    assert block.logs == by_json.logs
    assert encode_event_logs(7, block) == encode_event_logs(7, by_json)
    assert (block.number, block.hash, block.parent_hash, block.timestamp, block.transaction_count) == (
        *(by_json.number, by_json.hash, by_json.parent_hash, by_json.timestamp),
        by_json.transaction_count,
    )


@pytest.mark.parametrize("name", [name for name in PROVEN if not name.startswith("polygon-10000000")])
def test_a_recorded_blocks_receipts_give_the_same_records_from_bytes(name: str) -> None:
    header, receipts = recorded(name)
    block = prove_by_block(block_of(header), raw_receipts(receipts), header["hash"])
    assert encode_event_logs(7, block) == encode_event_logs(7, prove_by_receipts(header, receipts))


def test_what_polygon_keeps_out_of_its_root_is_not_in_the_bytes_either() -> None:
    header, receipts = recorded("polygon-10000000")
    header["transactions"].pop()
    block = prove_by_block(block_of(header), raw_receipts(receipts[:-1]))
    header, receipts = recorded("polygon-10000000")
    assert encode_event_logs(137, block) == encode_event_logs(137, prove_by_receipts(header, receipts))


@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 129, 300])
def test_made_blocks_of_all_types_give_the_same_logs_from_bytes(count: int) -> None:
    header, receipts = make_block(count, seed=count + 50)
    block = prove_by_block(block_of(header), ["0x" + naive_receipt(r).hex() for r in receipts])
    assert block.logs == prove_by_receipts(header, receipts).logs


def wrapped(value: str) -> str:
    """A typed receipt inside one more RLP string, as some clients send it."""
    data = bytes.fromhex(value[2:])
    return "0x" + naive_rlp(data).hex() if data[0] < 0x80 else value


@pytest.mark.parametrize("name", [TYPED, "ethereum-15753009", "base-2000000", "optimism-109860869"])
def test_typed_receipts_inside_one_more_string_are_proven(name: str) -> None:
    header, receipts = recorded(name)
    values = raw_receipts(receipts)
    again = [wrapped(value) for value in values]
    assert again != values
    assert prove_by_block(block_of(header), again) == prove_by_block(block_of(header), values)


@pytest.mark.parametrize("name", ["base-2000000", "optimism-109860869", "base-goerli-1041847"])
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_a_deposit_of_regolith_is_proven_though_the_node_adds_its_nonce(name: str, is_wrapped: bool) -> None:
    header, receipts = recorded(name)
    values = raw_receipts(receipts)
    index = next(i for i, receipt in enumerate(receipts) if receipt["type"] == "0x7e")
    sent = list(values)
    sent[index] = "0x" + with_more_items(bytes.fromhex(values[index][2:]), 2_000_007).hex()
    if is_wrapped:
        sent = [wrapped(value) for value in sent]
    assert sent != values
    assert prove_by_block(block_of(header), sent) == prove_by_block(block_of(header), values)


def test_a_bft_header_is_hashed_without_its_seals_and_needs_the_hash_to_say_by_which_rule() -> None:
    header, receipts = recorded("quorum-ibft-38")
    assert prove_by_block(block_of(header), receipts, header["hash"]).hash == header["hash"]
    with pytest.raises(UnprovenError, match="give the hash"):
        prove_by_block(block_of(header), receipts, "0x" + "12" * 32)


# ---------------------------------------------------------------- tampered with

Bytes = tuple[str, list[str]]


def changed(text: str, at: int) -> str:
    """One digit of the text is another."""
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def exchange_transactions(block: str, receipts: list[str]) -> Bytes:
    header, _ = recorded(TYPED)
    transactions = header["transactions"]
    transactions[3], transactions[4] = transactions[4], transactions[3]
    return raw_block(header), receipts


def take_another_header(block: str, receipts: list[str]) -> Bytes:
    header, _ = recorded(TYPED)
    other, _ = recorded("ethereum-15753009")
    return raw_block(other | {"transactions": header["transactions"]}), receipts


def forge_the_receipts_root(block: str, receipts: list[str]) -> Bytes:
    header, _ = recorded(TYPED)
    return raw_block(header | {"receiptsRoot": "0x" + "11" * 32}), receipts


def longest(receipts: list[str]) -> int:
    return max(range(len(receipts)), key=lambda index: len(receipts[index]))


def at_longest(receipts: list[str], change: Callable[[str], str]) -> list[str]:
    index = longest(receipts)
    return [*receipts[:index], change(receipts[index]), *receipts[index + 1 :]]


TAMPERED: dict[str, Callable[[str, list[str]], Bytes]] = {
    "a byte of a log changed": lambda b, r: (b, at_longest(r, lambda text: changed(text, -1))),
    "a byte of a status changed": lambda b, r: (b, at_longest(r, lambda text: changed(text, 11))),
    "a receipt left out": lambda b, r: (b, r[:-1]),
    "a receipt added": lambda b, r: (b, [*r, r[0]]),
    "no receipts": lambda b, r: (b, []),
    "receipts exchanged": lambda b, r: (b, [r[1], r[0], *r[2:]]),
    "a receipt cut": lambda b, r: (b, at_longest(r, lambda text: text[:-2])),
    "a receipt with more behind it": lambda b, r: (b, at_longest(r, lambda text: text + "00")),
    "an empty receipt": lambda b, r: (b, at_longest(r, lambda _text: "0x")),
    "a receipt wrapped twice": lambda b, r: (
        b,
        at_longest(r, lambda text: "0x" + naive_rlp(naive_rlp(bytes.fromhex(text[2:]))).hex()),
    ),
    "a transaction exchanged": exchange_transactions,
    "a byte of a transaction changed": lambda b, r: (changed(b, len(b) // 2), r),
    "another block's header": take_another_header,
    "a forged receipts root": forge_the_receipts_root,
    "a block cut": lambda b, r: (b[: len(b) // 2], r),
    "a block with more behind it": lambda b, r: (b + "80", r),
    "an empty block": lambda b, r: ("0x", r),
    "lists without end": lambda b, r: ("0x" + "c1" * 100_000 + "c0", r),
    "lists without end in a receipt": lambda b, r: (
        b,
        at_longest(r, lambda _t: "0x02" + "c1" * 100_000 + "c0"),
    ),
    "long lists in long lists": lambda b, r: ("0x" + "fb7fffffff" * 50_000, r),
    "a length of many bytes": lambda b, r: ("0x" + "ff" * 9 + "00" * 1_000, r),
    "nothing but zeros": lambda b, r: ("0x" + "00" * 10_000_000, r),
    "receipts of nothing but zeros": lambda b, r: (
        b,
        at_longest(r, lambda _t: "0x" + "00" * 10_000_000),
    ),
    "a list of empty transactions": lambda b, r: ("0x" + naive_rlp([[b""] * 500, [b""] * 500]).hex(), r),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_bytes_that_were_tampered_with_are_refused(how: str) -> None:
    header, receipts = recorded(TYPED)
    block, values = TAMPERED[how](raw_block(header), raw_receipts(receipts))
    with pytest.raises(UnprovenError):
        prove_by_block(parse_block(block), values, header["hash"])


@pytest.mark.parametrize("where", ["block", "receipts"])
def test_any_changed_digit_is_refused(where: str) -> None:
    header, receipts = recorded("hive-bpo2-54")
    block, values = raw_block(header), raw_receipts(receipts)
    for at in range(2, len(block if where == "block" else values[0]), 7):
        with pytest.raises(UnprovenError):
            if where == "block":
                prove_by_block(parse_block(changed(block, at)), values, header["hash"])
            else:
                prove_by_block(parse_block(block), [changed(values[0], at), *values[1:]], header["hash"])


@pytest.mark.parametrize("value", [None, 7, True, "", "12", "0xzz", "0x1", [], {}])
def test_what_is_not_bytes_is_refused(value: object) -> None:
    header, receipts = recorded("hive-bpo2-54")
    with pytest.raises(UnprovenError):
        parse_block(value)
    for answer in (value, [value] * len(receipts)):
        with pytest.raises(UnprovenError):
            prove_by_block(block_of(header), answer)


def test_a_made_up_status_of_an_old_block_is_named() -> None:
    header, receipts = recorded("ethereum-4369999")
    for receipt in receipts:
        receipt.pop("root")
        receipt["status"] = "0x1"
    with pytest.raises(UnprovenError, match="do not give the header's root") as refused:
        prove_by_block(block_of(header), raw_receipts(receipts))
    assert "before Byzantium" in str(refused.value.hint)


def test_transactions_whose_hash_is_not_made_of_their_bytes_are_refused() -> None:
    """Arbitrum's from before Nitro: type 0x78."""
    header, _ = make_block(0, seed=3)
    value = b"\x78" + naive_rlp([b"x" * 40])
    header["transactionsRoot"] = "0x" + naive_root([value]).hex()
    with pytest.raises(UnprovenError, match="not made of their bytes"):
        parse_block("0x" + naive_rlp([header_items(header), [value], []]).hex())
