"""Headers: their shape, and whether their fields give their hash."""

from __future__ import annotations

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import check_header_hash, header_hash, parse_header
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
    assert header_hash(header) == header["hash"]
    assert check_header_hash(header) is True
    assert parse_header(header).hash_checked


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
    }
    assert header_hash(header) == "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"


@pytest.mark.parametrize("fork", FIELDS_OF_FORKS)
def test_the_header_of_each_fork_is_checked(fork: str) -> None:
    header = header_of_fork(fork)
    assert check_header_hash(header) is True
    assert parse_header(header).hash_checked


@pytest.mark.parametrize("name", HEADER_FIELDS)
def test_a_header_with_any_field_changed_is_refused(name: str) -> None:
    header = header_of_fork("Amsterdam")
    header[name] = header[name][:-1] + ("0" if header[name][-1] != "0" else "1")
    assert check_header_hash(header) is False
    with pytest.raises(UnprovenError, match="the header's fields give the hash 0x"):
        parse_header(header)


def test_a_header_with_another_hash_is_refused() -> None:
    header = made_header()
    header["hash"] = "0x" + "12" * 32
    with pytest.raises(UnprovenError, match="not the one it names"):
        parse_header(header)


def test_a_header_of_another_chain_cannot_be_told() -> None:
    header = made_header() | {"l1BlockNumber": "0x1"}
    assert check_header_hash(header) is None
    assert not parse_header(header).hash_checked


@pytest.mark.parametrize("name", ["mixHash", "nonce", "difficulty", "stateRoot"])
def test_a_header_without_a_field_that_is_always_hashed_cannot_be_told(name: str) -> None:
    header = made_header()
    del header[name]
    assert check_header_hash(header) is None
    assert not parse_header(header).hash_checked
    with pytest.raises(UnprovenError, match=f"{name} is missing"):
        header_hash(header)


def test_a_header_without_a_field_of_an_earlier_fork_cannot_be_told() -> None:
    header = made_header()
    del header["withdrawalsRoot"]
    assert check_header_hash(header) is None


def test_fields_that_are_null_count_as_left_out() -> None:
    header = header_of_fork("London")
    header |= {"withdrawalsRoot": None, "blobGasUsed": None, "aLaterField": None}
    assert check_header_hash(header) is True


def test_what_nodes_add_to_a_header_does_not_matter() -> None:
    header = made_header() | {"totalDifficulty": "0x1", "author": "0x" + "00" * 20}
    assert check_header_hash(header) is True


@pytest.mark.parametrize("name", USED_FIELDS)
@pytest.mark.parametrize("unknown", [False, True])
def test_a_header_without_a_field_that_is_used_is_refused(name: str, unknown: bool) -> None:
    header = made_header() | ({"l1BlockNumber": "0x1"} if unknown else {})
    del header[name]
    with pytest.raises(UnprovenError, match=f"{name} (is missing|is not)"):
        parse_header(header)


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
    with pytest.raises(UnprovenError, match=r"^block 20000004: .*timestamp is too large"):
        parse_header(header | {"l1BlockNumber": "0x1"})
