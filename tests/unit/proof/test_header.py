"""Headers: their shape, and whether their fields give their hash."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import parse_header, prove_by_receipts
from ethlogs.proof.seals import BFT_MIX_HASH
from tests.unit.proof_samples import (
    HEADER_FIELDS,
    MAINNET_BLOCKS,
    Json,
    load_mainnet_block,
    make_block,
    naive_header_hash,
)

FIELDS_OF_FORKS = {
    "Frontier": 15,
    "London": 16,
    "Shanghai": 17,
    "Cancun": 20,
    "Prague": 21,
    "Amsterdam": 23,
}
USED_FIELDS = ("number", "hash", "parentHash", "timestamp", "logsBloom", "receiptsRoot", "transactions")


def made_header() -> Json:
    return make_block(20, seed=4)[0]


def header_of_fork(fork: str) -> Json:
    header = made_header()
    header |= {"blockAccessListHash": "0x" + "ab" * 32, "slotNumber": "0x123456"}
    for name in HEADER_FIELDS[FIELDS_OF_FORKS[fork] :]:
        del header[name]
    header["hash"] = naive_header_hash(header)
    return header


@pytest.mark.parametrize("number", MAINNET_BLOCKS)
def test_the_fields_of_a_mainnet_header_give_its_hash(number: int) -> None:
    header, _ = load_mainnet_block(number)
    assert parse_header(header).hash == header["hash"]
    assert not parse_header(header).unchecked


def test_the_mainnet_genesis_header_gives_its_known_hash() -> None:
    header = {
        "parentHash": "0x" + "00" * 32,
        "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
        "miner": "0x" + "00" * 20,
        "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
        "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
        "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
        "logsBloom": "0x" + "00" * 256,
        "difficulty": "0x400000000",
        "number": "0x0",
        "gasLimit": "0x1388",
        "gasUsed": "0x0",
        "timestamp": "0x0",
        "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
        "mixHash": "0x" + "00" * 32,
        "nonce": "0x0000000000000042",
        "transactions": [],
        "hash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
    }
    assert not parse_header(header).unchecked


@pytest.mark.parametrize("fork", FIELDS_OF_FORKS)
def test_the_header_of_each_fork_is_checked(fork: str) -> None:
    assert not parse_header(header_of_fork(fork)).unchecked


@pytest.mark.parametrize("name", HEADER_FIELDS)
def test_a_header_with_any_field_changed_is_refused(name: str) -> None:
    header = header_of_fork("Amsterdam")
    header[name] = header[name][:-1] + ("0" if header[name][-1] != "0" else "1")
    with pytest.raises(UnprovenError, match="the header's fields give the hash 0x"):
        parse_header(header)


def test_a_header_with_another_hash_is_refused() -> None:
    header = made_header()
    header["hash"] = "0x" + "12" * 32
    with pytest.raises(UnprovenError, match="not the one it names"):
        parse_header(header)


def forge(header: Json) -> Json:
    """Another receipts root under the true hash: what the hash is checked for."""
    return header | {"receiptsRoot": "0x" + "ee" * 32}


def without(header: Json, *names: str) -> Json:
    return {name: value for name, value in header.items() if name not in names}


REFUSED = r"^block 20000004: the header"

TRICKS: dict[str, Callable[[Json], Json]] = {
    "nothing": lambda header: header,
    "an unknown field": lambda header: header | {"ofALaterFork": "0x1"},
    "an unknown field before the others": lambda header: {"aField": "0x1"} | header,
    "unknown fields of other types": lambda header: header | {"a": True, "b": [], "c": {}, "d": 7, "": ""},
    "a field of a later fork": lambda header: header | {"slotNumber": "0x1"},
    "a malformed field of a later fork": lambda header: header | {"slotNumber": "soon"},
    "a field in another spelling too": lambda header: header | {"ReceiptsRoot": "0x" + "ee" * 32},
    "null for what no fork has yet": lambda header: header | {"slotNumber": None, "aLaterField": None},
    "the fields in another order": lambda header: dict(reversed(header.items())),
    "a wrong number of what is not hashed": lambda header: header | {"size": "0x1", "totalDifficulty": {}},
    "a field of any length": lambda header: header | {"x" * 100_000: "0x1"},
}
HOLES: dict[str, Callable[[Json], Json]] = {
    "without a base field": lambda header: without(header, "mixHash"),
    "with null for a base field": lambda header: header | {"nonce": None},
    "without any base field": lambda header: without(header, "mixHash", "nonce", "stateRoot", "miner"),
    "without a middle fork's field": lambda header: without(header, "withdrawalsRoot"),
    "with null for a middle fork's field": lambda header: header | {"blobGasUsed": None},
    "without the last fork's field": lambda header: without(header, "requestsHash"),
    "without any later fork's field": lambda header: without(header, *HEADER_FIELDS[15:]),
    "with a base field in another spelling": lambda header: (
        without(header, "mixHash") | {"mixhash": header["mixHash"]}
    ),
    "with a malformed base field": lambda header: header | {"nonce": "0x1"},
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_header_whose_known_fields_give_its_hash_is_proven_with(trick: str) -> None:
    header = made_header()
    assert parse_header(TRICKS[trick](header)) == parse_header(header)
    assert not parse_header(TRICKS[trick](header), unchecked_headers=True).unchecked


@pytest.mark.parametrize("hole", HOLES)
def test_a_header_is_refused(hole: str) -> None:
    with pytest.raises(UnprovenError, match=REFUSED):
        parse_header(HOLES[hole](made_header()))


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("hole", ["with all fields", *HOLES])
def test_a_forged_root_under_a_true_hash_is_refused_with(trick: str, hole: str) -> None:
    header = forge(made_header())
    header = TRICKS[trick](HOLES[hole](header) if hole in HOLES else header)
    with pytest.raises(UnprovenError, match=REFUSED):
        parse_header(header)


@pytest.mark.parametrize("hole", ["with all fields", *HOLES])
@pytest.mark.parametrize(
    "trick",
    ["nothing", "a field of a later fork", "null for what no fork has yet", "the fields in another order"],
)
def test_consent_counts_only_where_a_field_is_unknown(trick: str, hole: str) -> None:
    if hole == "with a base field in another spelling":
        return
    header = forge(made_header())
    header = TRICKS[trick](HOLES[hole](header) if hole in HOLES else header)
    with pytest.raises(UnprovenError, match=REFUSED):
        parse_header(header, unchecked_headers=True)


def test_the_refusal_names_the_unknown_field_and_what_consents() -> None:
    header = forge(made_header()) | {"ofALaterFork": "0x1"}
    with pytest.raises(UnprovenError, match="has the field ofALaterFork that this version") as refused:
        parse_header(header)
    assert "--unchecked-headers" in str(refused.value.hint)


def test_the_refusal_shows_few_of_many_unknown_fields() -> None:
    header = forge(made_header()) | {f"unknown{i}": "0x1" for i in range(500)} | {"\n" * 9_999: "0x1"}
    with pytest.raises(UnprovenError, match=r"fields unknown0, unknown1, unknown2 and 498 more") as refused:
        parse_header(header)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("name", [*HEADER_FIELDS[:15], "withdrawalsRoot", "blobGasUsed", "excessBlobGas"])
@pytest.mark.parametrize("value", ["left out", "null"])
def test_the_refusal_names_the_field_that_is_left_out(name: str, value: str) -> None:
    header = without(made_header(), name) if value == "left out" else made_header() | {name: None}
    for unchecked in (False, True):
        with pytest.raises(UnprovenError, match=f"the header lacks {name}") as refused:
            parse_header(header, unchecked_headers=unchecked)
        assert refused.value.hint is None


def test_with_consent_a_header_with_an_unknown_field_says_that_it_is_unchecked() -> None:
    header = forge(made_header()) | {"ofALaterFork": "0x1"}
    parsed = parse_header(header, unchecked_headers=True)
    assert "has the field ofALaterFork" in parsed.unchecked
    assert parsed.receipts_root == "0x" + "ee" * 32


def test_a_blocks_proof_says_whether_its_headers_hash_was_checked() -> None:
    header, receipts = make_block(20, seed=4)
    assert prove_by_receipts(header, receipts, unchecked_headers=True).proof == "receipts"
    header |= {"aFieldThatIsHashed": "0x1", "hash": "0x" + "12" * 32}
    for receipt in receipts:
        receipt["blockHash"] = header["hash"]
        for log in receipt["logs"]:
            log["blockHash"] = header["hash"]
    block = prove_by_receipts(header, receipts, unchecked_headers=True)
    assert block.proof == "receipts+unchecked"
    assert [remark for remark in block.remarks if "aFieldThatIsHashed" in remark]
    with pytest.raises(UnprovenError, match="aFieldThatIsHashed"):
        prove_by_receipts(header, receipts)


@pytest.mark.parametrize("name", USED_FIELDS)
@pytest.mark.parametrize("unknown", [False, True])
def test_a_header_without_a_field_that_is_used_is_refused(name: str, unknown: bool) -> None:
    header = made_header() | ({"ofALaterFork": "0x1"} if unknown else {})
    del header[name]
    with pytest.raises(UnprovenError, match=f"the header lacks {name}"):
        parse_header(header, unchecked_headers=unknown)


def test_transactions_may_be_whole_objects() -> None:
    header = made_header()
    expected = parse_header(header)
    header["transactions"] = [{"hash": tx, "type": "0x2"} for tx in header["transactions"]]
    assert parse_header(header) == expected


def test_a_transaction_named_twice_is_refused() -> None:
    header = made_header()
    header["transactions"][3] = header["transactions"][2]
    with pytest.raises(UnprovenError, match="names a transaction twice"):
        parse_header(header)


def test_a_header_in_upper_case_is_the_same() -> None:
    header = made_header()
    expected = parse_header(header)
    for name, value in header.items():
        if isinstance(value, str):
            header[name] = "0x" + value[2:].upper()
    header["transactions"] = ["0x" + tx[2:].upper() for tx in header["transactions"]]
    assert parse_header(header) == expected


def test_the_message_names_the_block_and_the_field() -> None:
    header = made_header() | {"timestamp": "0x" + "1" * 17}
    with pytest.raises(UnprovenError, match=r"^block 20000004: the header's timestamp is too large"):
        parse_header(header | {"ofALaterFork": "0x1"}, unchecked_headers=True)


BFT = {"mixHash": BFT_MIX_HASH}


@pytest.mark.parametrize(
    "extra_data", ["0x", "0x00", "0x" + "11" * 32, "0x" + "11" * 32 + "c0", "0xc0", "0xzz"]
)
def test_a_bft_header_whose_seals_cannot_be_found_is_refused(extra_data: str) -> None:
    with pytest.raises(UnprovenError, match=r"^block 20000004: "):
        parse_header(made_header() | BFT | {"extraData": extra_data})


@pytest.mark.parametrize("name", ["number", "timestamp"])
@pytest.mark.parametrize("value", [2**63, 2**64 - 1, 2**256 - 1])
def test_a_number_that_the_ledger_cannot_hold_is_refused(name: str, value: int) -> None:
    with pytest.raises(UnprovenError, match=f"the header's {name} is too large"):
        parse_header(made_header() | {name: hex(value)})


MALFORMED: list[Any] = [
    None,
    "",
    "0x",
    "0X1",
    "0x1_",
    "0xé0",
    "0x\u0663\u0663",
    " 0x10",
    7,
    1.5,
    True,
    [],
    {},
    ["0x1"],
    "0x" + "1" * 99_999,
]


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("name", [*HEADER_FIELDS, "hash", "transactions"])
def test_a_field_that_is_nothing_or_none_of_its_kind_is_refused_and_no_defect(name: str, value: Any) -> None:
    with contextlib.suppress(UnprovenError):
        parsed = parse_header(header_of_fork("Amsterdam") | {name: value})
        # What the hash does not need says nothing either: a field of a later fork that is left out is none.
        assert parsed.unchecked == "" and (name, value) == ("transactions", [])
