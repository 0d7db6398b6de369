"""Recorded blocks of other chains, forks and clients, proven from JSON; and those that nothing commits to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import keccak256, parse_header, prove_by_receipts
from ethlogs.proof.raw_block import parse_raw_header
from tests.unit.proof.consensus_bytes import header_items, with_more_items
from tests.unit.proof_samples import (
    HEADER_FIELDS,
    RECORDED,
    Json,
    load_recorded,
    make_block,
    naive_bloom,
    naive_header_hash,
    naive_receipt,
    naive_rlp,
    naive_root,
)

PROVEN = {
    "ethereum-468179": 0,
    "ethereum-4404763": 70,
    "ethereum-11098450": 263,
    "ethereum-15753009": 400,
    "ethereum-16899757": 520,
    "anvil-optimism-deposit-2": 1,
    "anvil-optimism-deposit-3": 0,
    "arbitrum-19000174": 0,
    "base-2000000": 49,
    "base-goerli-1041847": 47,
    "base-goerli-12398214": 0,
    "ethereum-1000000": 1,
    "ethereum-18000000": 291,
    "ethereum-4369999": 171,
    "fuse-aura-12989539": 0,
    "geth-amsterdam-11": 5,
    "geth-amsterdam-27": 1,
    "hardhat3-6": 30,
    "hardhat3-amsterdam-6": 30,
    "hardhat3-op-6": 30,
    "hive-bpo2-54": 11,
    "optimism-100000000": 2,
    "optimism-109860869": 37,
    "polygon-1000000": 0,
    "polygon-10000000": 146,
    "quorum-ibft-38": 0,
}
"""How many event logs are proven."""
HEADER_ALONE = ("avalanche-30806864", "hardhat2-6")
"""The receipts are not known."""
COMMIT_TO_NOTHING = ("cronos-10000", "fantom-2")
UNKNOWN = ("celo-l1-19042560",)
"""Its block hash is made by a rule that this version does not have."""


def by_index(receipts: list[Json]) -> list[Json]:
    """In the order of the block, whatever order they were recorded in."""
    return sorted(receipts, key=lambda receipt: int(receipt["transactionIndex"], 16))


def test_every_recorded_block_is_here() -> None:
    names = {path.stem for path in RECORDED.glob("*.json")}
    assert names == {*PROVEN, *HEADER_ALONE, *COMMIT_TO_NOTHING, *UNKNOWN}


@pytest.mark.parametrize("name", PROVEN)
def test_a_recorded_block_is_proven_by_its_receipts(name: str) -> None:
    header, receipts = load_recorded(name)
    assert receipts is not None
    block = prove_by_receipts(header, by_index(receipts))
    assert (block.proof, len(block.logs)) == ("receipts", PROVEN[name])
    assert block.hash == header["hash"]


@pytest.mark.parametrize("name", [*PROVEN, *HEADER_ALONE])
def test_a_recorded_header_gives_its_hash_and_a_forged_one_does_not(name: str) -> None:
    header, _ = load_recorded(name)
    assert not parse_header(header).unchecked
    for field in ("receiptsRoot", "parentHash", "timestamp", "logsBloom", "gasUsed"):
        forged = header | {field: header[field][:-1] + ("0" if header[field][-1] != "0" else "1")}
        if forged[field] != "0x0":
            with pytest.raises(UnprovenError, match="the header"):
                parse_header(forged)


@pytest.mark.parametrize("name", COMMIT_TO_NOTHING)
def test_a_block_whose_hash_commits_to_nothing_is_refused_with_consent_too(name: str) -> None:
    header, _ = load_recorded(name)
    for unchecked in (False, True):
        with pytest.raises(UnprovenError, match="the header's fields give the hash"):
            parse_header(header, unchecked_headers=unchecked)


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_header_of_an_unknown_rule_is_refused_with_the_names_of_its_fields(name: str) -> None:
    header, _ = load_recorded(name)
    with pytest.raises(UnprovenError, match="has the fields epochSnarkData, randomness that this version"):
        parse_header(header)


def test_what_polygon_keeps_out_of_its_root_is_left_out_and_counted() -> None:
    header, receipts = load_recorded("polygon-10000000")
    assert receipts is not None
    block = prove_by_receipts(header, receipts)
    assert block.unproven_logs == len(receipts[-1]["logs"]) > 0
    assert block.transaction_count == len(header["transactions"]) - 1
    assert [remark for remark in block.remarks if "state sync" in remark]
    del header["transactions"][-1]  # some clients do not list it
    assert prove_by_receipts(header, receipts) == block
    receipts[-2]["logs"].pop()
    with pytest.raises(UnprovenError):
        prove_by_receipts(header, receipts)


AURA_SEAL = ("sealFields", "step", "signature")


@pytest.mark.parametrize(
    "seal",
    [
        lambda header: {"sealFields": header["sealFields"]},
        lambda header: {"step": header["step"], "signature": header["signature"]},
        lambda header: {"step": int(header["step"]), "signature": "0x" + header["signature"]},
        lambda header: {"auraStep": hex(int(header["step"])), "auraSeal": "0x" + header["signature"]},
    ],
)
def test_an_aura_header_is_proven_in_whichever_way_its_client_spells_the_seal(
    seal: Callable[[Json], Json],
) -> None:
    header, _ = load_recorded("fuse-aura-12989539")
    without = {name: value for name, value in header.items() if name not in AURA_SEAL}
    assert not parse_header(without | seal(header)).unchecked
    with pytest.raises(UnprovenError, match="the header lacks mixHash, nonce"):
        parse_header(without)


@pytest.mark.parametrize(
    "value", [None, [], ["0x80"], ["0x80", 7], ["0x", "0x"], ["0xc0c0", "0x80"], "0x80", {}]
)
def test_a_malformed_seal_is_refused(value: object) -> None:
    header, _ = load_recorded("fuse-aura-12989539")
    with pytest.raises(UnprovenError, match="the header"):
        parse_header(header | {"sealFields": value, "step": None})


def test_an_avalanche_header_has_empty_places_before_a_later_fields() -> None:
    """By the layout's rule: no recorded header has such a place."""
    header, _ = load_recorded("avalanche-30806864")
    header |= {"blobGasUsed": None, "excessBlobGas": None, "timestampMilliseconds": "0x198"}
    items = [*header_items(header), b"", b"", b"", 0x198]
    header["hash"] = "0x" + keccak256(naive_rlp(items)).hex()
    assert not parse_header(header).unchecked
    with pytest.raises(UnprovenError, match="the header's fields give the hash"):
        parse_header(header | {"excessBlobGas": "0x1"})


@pytest.mark.parametrize("rule", ["QBFT", "IBFT2"])
def test_a_bft_header_is_hashed_without_its_seals(rule: str) -> None:
    """By the rules' definition: only a header of the third rule, GoQuorum's IBFT, is recorded."""
    header, _ = load_recorded("quorum-ibft-38")
    validators, vote = [b"v" * 20, b"w" * 20], [b"c" * 20, b"\xff"]
    header["extraData"] = "0x" + naive_rlp([b"v" * 32, validators, vote, 3, [b"s" * 65]]).hex()
    hashed = [b"v" * 32, validators, vote, 0, []] if rule == "QBFT" else [b"v" * 32, validators, vote]
    items = header_items(header | {"extraData": "0x" + naive_rlp(hashed).hex()})
    header["hash"] = "0x" + keccak256(naive_rlp(items)).hex()
    assert not parse_header(header).unchecked
    raw = parse_raw_header(naive_rlp(header_items(header)))
    assert header["hash"] in raw.hashes


def sealed(receipt: Json, encoding: bytes) -> tuple[Json, Json]:
    """A header of one receipt with this encoding, and the receipt in it."""
    header, _ = make_block(1, seed=9)
    header["transactions"] = [receipt["transactionHash"]]
    header["logsBloom"] = "0x" + naive_bloom(receipt["logs"]).to_bytes(256, "big").hex()
    header["receiptsRoot"] = "0x" + naive_root([encoding]).hex()
    header["hash"] = naive_header_hash(header)
    return header, receipt


def plain_receipt(kind: int) -> Json:
    _, [receipt] = make_block(1, seed=9)
    logs = [{name: log[name] for name in ("address", "topics", "data")} for log in receipt["logs"]]
    hashes = {"transactionHash": receipt["transactionHash"]}
    return hashes | {"type": hex(kind), "status": "0x1", "cumulativeGasUsed": "0x5208", "logs": logs}


def test_a_receipt_of_celos_fee_currency_ends_with_its_base_fee() -> None:
    """By the layout's rule: none is recorded."""
    receipt = plain_receipt(0x7B) | {"baseFee": "0x989680"}
    header, receipt = sealed(receipt, with_more_items(naive_receipt(receipt), 0x989680))
    assert prove_by_receipts(header, [receipt]).proof == "receipts"
    with pytest.raises(UnprovenError, match="the receipts give the root"):
        prove_by_receipts(header, [receipt | {"baseFee": "0x989681"}])


def test_the_root_of_arbitrum_before_nitro_commits_to_no_outcome_but_to_the_rest() -> None:
    header, receipts = load_recorded("arbitrum-19000174")
    assert receipts is not None
    first, second = by_index(receipts)
    assert prove_by_receipts(header, [first | {"status": "0x1"}, second]).transaction_count == 2
    with pytest.raises(UnprovenError, match="the receipts give the root"):
        prove_by_receipts(header, [first | {"cumulativeGasUsed": "0x4895"}, second])


def test_event_logs_of_arbitrum_before_nitro_are_proven() -> None:
    """By the layout's rule: the recorded block has none."""
    _, others = make_block(20, seed=9)
    logs = [{name: log[name] for name in ("address", "topics", "data")} for r in others for log in r["logs"]]
    receipt = plain_receipt(0x78) | {"logs": logs}
    header, receipt = sealed(receipt, naive_receipt(receipt | {"root": "0x00"})[1:])
    header = {name: value for name, value in header.items() if name not in HEADER_FIELDS[15:]}
    header["hash"] = naive_header_hash(header)
    assert len(prove_by_receipts(header, [receipt]).logs) == len(receipt["logs"]) > 0
    del receipt["logs"][0]
    with pytest.raises(UnprovenError):
        prove_by_receipts(header, [receipt])


def test_a_receipt_of_arbitrums_before_nitro_has_no_type_byte() -> None:
    """By the layout's rule: none is recorded with its type."""
    receipt = plain_receipt(0x78)
    header, receipt = sealed(receipt, naive_receipt(receipt)[1:])
    assert prove_by_receipts(header, [receipt]).proof == "receipts"
