"""What each proof accepts and refuses: real blocks, and the same ones tampered with."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import parse_header, prove_by_bloom, prove_by_receipts
from tests.unit.proof_samples import MAINNET_BLOCKS, Json, load_mainnet_block, logs_of, make_block, seal

FULL_BLOCK = 16899757
Tamper = Callable[[Json, list[Json]], object]


def full_block() -> tuple[Json, list[Json]]:
    """A block with logs that needs no recorded file."""
    return make_block(150, seed=9)


@pytest.mark.parametrize("number", MAINNET_BLOCKS)
def test_a_mainnet_block_is_proven_both_ways(number: int) -> None:
    header, receipts = load_mainnet_block(number)
    block = prove_by_receipts(header, receipts)
    assert block == prove_by_bloom(header, logs_of(receipts))
    assert (block.number, block.hash, block.parent_hash) == (number, header["hash"], header["parentHash"])
    assert block.timestamp == int(header["timestamp"], 16)
    assert block.transaction_count == len(header["transactions"])


@pytest.mark.parametrize("number", MAINNET_BLOCKS)
def test_the_logs_of_a_mainnet_block_are_those_that_the_node_sent(number: int) -> None:
    header, receipts = load_mainnet_block(number)
    raw_logs = logs_of(receipts)
    proven = prove_by_receipts(header, receipts).logs
    assert [list(log) for log in proven] == [
        [
            raw["address"],
            raw["topics"],
            raw["data"],
            raw["transactionHash"],
            int(raw["transactionIndex"], 16),
            int(raw["logIndex"], 16),
        ]
        for raw in raw_logs
    ]


def test_a_header_parsed_before_gives_the_same_block() -> None:
    header, receipts = full_block()
    assert prove_by_receipts(parse_header(header), receipts) == prove_by_receipts(header, receipts)


def test_a_block_without_transactions_is_proven_both_ways() -> None:
    header, _ = make_block(0)
    assert prove_by_receipts(header, []).logs == prove_by_bloom(header, []).logs == ()


def test_the_genesis_block_is_proven() -> None:
    header, _ = make_block(0)
    header |= {"number": "0x0", "timestamp": "0x0", "parentHash": "0x" + "00" * 32}
    seal(header, [])
    block = prove_by_receipts(header, [])
    assert (block.number, block.timestamp, block.transaction_count) == (0, 0, 0)


def first_with_logs(receipts: list[Json], count: int = 1) -> Json:
    return next(r for r in receipts if len(r["logs"]) >= count and r["logs"][0]["topics"])


def drop_last_log(header: Json, receipts: list[Json]) -> None:
    last = [r for r in receipts if r["logs"]][-1]
    last["logs"].pop()


def drop_log_and_renumber(header: Json, receipts: list[Json]) -> None:
    del first_with_logs(receipts)["logs"][0]
    renumber(receipts)


def renumber(receipts: list[Json]) -> None:
    logs = [log for receipt in receipts for log in receipt["logs"]]
    for index, log in enumerate(logs):
        log["logIndex"] = hex(index)


def change_data(header: Json, receipts: list[Json]) -> None:
    log = next(log for r in receipts for log in r["logs"] if len(log["data"]) > 2)
    log["data"] = flip(log["data"])


def change_topic(header: Json, receipts: list[Json]) -> None:
    topics = first_with_logs(receipts)["logs"][0]["topics"]
    topics[0] = flip(topics[0])


def change_address(header: Json, receipts: list[Json]) -> None:
    log = first_with_logs(receipts)["logs"][0]
    log["address"] = flip(log["address"])


def swap_logs(header: Json, receipts: list[Json]) -> None:
    logs = first_with_logs(receipts, 2)["logs"]
    logs[0], logs[1] = logs[1], logs[0]


def swap_logs_and_renumber(header: Json, receipts: list[Json]) -> None:
    swap_logs(header, receipts)
    renumber(receipts)


def move_log_to_next_receipt(header: Json, receipts: list[Json]) -> None:
    index = next(i for i, r in enumerate(receipts[:-1]) if r["logs"])
    log = receipts[index]["logs"].pop()
    following = receipts[index + 1]
    log |= {name: following[name] for name in ("transactionHash", "transactionIndex")}
    following["logs"].insert(0, log)


def repeat_log(header: Json, receipts: list[Json]) -> None:
    logs = first_with_logs(receipts)["logs"]
    logs.append(copy.deepcopy(logs[0]))
    renumber(receipts)


def drop_receipt(header: Json, receipts: list[Json]) -> None:
    receipts.pop()


def drop_receipt_and_transaction(header: Json, receipts: list[Json]) -> None:
    receipts.pop()
    header["transactions"].pop()


def repeat_receipt(header: Json, receipts: list[Json]) -> None:
    receipts.append(receipts[-1])


def swap_receipts(header: Json, receipts: list[Json]) -> None:
    receipts[0], receipts[1] = receipts[1], receipts[0]


def exchange_hashes_of_receipts(header: Json, receipts: list[Json]) -> None:
    one, other = receipts[0], receipts[1]
    one["transactionHash"], other["transactionHash"] = other["transactionHash"], one["transactionHash"]


def change_hash_of_transaction(header: Json, receipts: list[Json]) -> None:
    header["transactions"][0] = flip(header["transactions"][0])


def change_status(header: Json, receipts: list[Json]) -> None:
    receipt = next(r for r in receipts if "status" in r)
    receipt["status"] = "0x0" if receipt["status"] == "0x1" else "0x1"


def change_gas(header: Json, receipts: list[Json]) -> None:
    receipts[3]["cumulativeGasUsed"] = hex(int(receipts[3]["cumulativeGasUsed"], 16) + 1)


def change_type(header: Json, receipts: list[Json]) -> None:
    receipt = next(r for r in receipts if r.get("type") == "0x2")
    receipt["type"] = "0x1"


def change_header_bloom(header: Json, receipts: list[Json]) -> None:
    header["logsBloom"] = flip(header["logsBloom"])


def change_header_root(header: Json, receipts: list[Json]) -> None:
    header["receiptsRoot"] = flip(header["receiptsRoot"])


def change_receipt_bloom(header: Json, receipts: list[Json]) -> None:
    receipts[0]["logsBloom"] = flip(receipts[0]["logsBloom"])


def flip(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


TAMPERED_RECEIPTS = (
    drop_last_log,
    drop_log_and_renumber,
    change_data,
    change_topic,
    change_address,
    swap_logs,
    swap_logs_and_renumber,
    move_log_to_next_receipt,
    repeat_log,
    drop_receipt,
    drop_receipt_and_transaction,
    repeat_receipt,
    swap_receipts,
    exchange_hashes_of_receipts,
    change_hash_of_transaction,
    change_status,
    change_gas,
    change_type,
    change_header_bloom,
    change_header_root,
    change_receipt_bloom,
)


@pytest.mark.parametrize("tamper", TAMPERED_RECEIPTS)
@pytest.mark.parametrize("source", ["made", "mainnet"])
@pytest.mark.parametrize("bloom", ["with the node's blooms", "without"])
def test_receipts_that_were_tampered_with_are_refused(tamper: Tamper, source: str, bloom: str) -> None:
    header, receipts = full_block() if source == "made" else load_mainnet_block(FULL_BLOCK)
    tamper(header, receipts)
    if bloom == "without" and tamper is not change_receipt_bloom:
        for receipt in receipts:
            receipt.pop("logsBloom", None)
    with pytest.raises(UnprovenError, match=f"^block {int(header['number'], 16)}\\b"):
        prove_by_receipts(header, receipts)


@pytest.mark.parametrize("tamper", [change_header_bloom, change_header_root])
def test_a_wrong_commitment_is_refused_even_where_the_hash_cannot_be_checked(tamper: Tamper) -> None:
    header, receipts = full_block()
    header["aFieldOfAnotherChain"] = "0x1"
    tamper(header, receipts)
    with pytest.raises(UnprovenError, match="the header's"):
        prove_by_receipts(header, receipts)


def test_a_wrong_root_is_named_beside_the_right_one() -> None:
    header, receipts = full_block()
    change_gas(header, receipts)
    with pytest.raises(UnprovenError, match="root 0x[0-9a-f]{64}, the header's is " + header["receiptsRoot"]):
        prove_by_receipts(header, receipts)


PLACE_FIELDS: dict[str, Any] = {
    "blockHash": "0x" + "12" * 32,
    "blockNumber": "0x7",
    "transactionHash": "0x" + "12" * 32,
    "transactionIndex": "0x7bb",
    "logIndex": "0x7b",
    "removed": True,
}


@pytest.mark.parametrize("name", PLACE_FIELDS)
@pytest.mark.parametrize("wrong", ["another", "null", "malformed"])
def test_a_log_that_names_another_place_is_refused(name: str, wrong: str) -> None:
    value = {"another": PLACE_FIELDS[name], "null": None, "malformed": {}}[wrong]
    header, receipts = full_block()
    first_with_logs(receipts)["logs"][0][name] = value
    for prove, answer in ((prove_by_receipts, receipts), (prove_by_bloom, logs_of(receipts))):
        with pytest.raises(UnprovenError, match=f"log \\d+: {name} "):
            prove(header, answer)


@pytest.mark.parametrize("name", ["blockHash", "blockNumber", "transactionHash", "transactionIndex"])
@pytest.mark.parametrize("wrong", ["another", "null"])
def test_a_receipt_that_names_another_place_is_refused(name: str, wrong: str) -> None:
    header, receipts = full_block()
    receipts[5][name] = PLACE_FIELDS[name] if wrong == "another" else None
    with pytest.raises(UnprovenError, match=f"receipt 5: {name} "):
        prove_by_receipts(header, receipts)


def test_a_receipt_must_name_its_transaction() -> None:
    header, receipts = full_block()
    del receipts[5]["transactionHash"]
    with pytest.raises(UnprovenError, match="receipt 5: transactionHash is missing"):
        prove_by_receipts(header, receipts)


def test_receipts_may_leave_out_what_their_order_says() -> None:
    header, receipts = full_block()
    expected = prove_by_receipts(header, receipts)
    for receipt in receipts:
        for name in ("blockHash", "blockNumber", "transactionIndex", "logsBloom"):
            del receipt[name]
        for log in receipt["logs"]:
            for name in PLACE_FIELDS:
                del log[name]
    assert prove_by_receipts(header, receipts) == expected


@pytest.mark.parametrize("name", ["blockHash", "transactionHash", "transactionIndex", "logIndex"])
def test_by_bloom_a_log_must_say_where_it_stands(name: str) -> None:
    header, receipts = full_block()
    logs = logs_of(receipts)
    del logs[4][name]
    with pytest.raises(UnprovenError, match=f"log 4: {name} is missing"):
        prove_by_bloom(header, logs)


@pytest.mark.parametrize(
    "tamper",
    [
        drop_log_and_renumber,
        drop_last_log,
        swap_logs,
        change_topic,
        change_address,
        change_header_bloom,
        change_header_root,
    ],
)
def test_logs_that_were_tampered_with_are_refused_by_bloom(tamper: Tamper) -> None:
    header, receipts = full_block()
    tamper(header, receipts)
    with pytest.raises(UnprovenError, match=f"^block {int(header['number'], 16)}\\b"):
        prove_by_bloom(header, logs_of(receipts))


def test_by_bloom_a_log_must_name_the_headers_transaction() -> None:
    header, receipts = full_block()
    index = int(logs_of(receipts)[0]["transactionIndex"], 16)
    header["transactions"][index] = flip(header["transactions"][index])
    with pytest.raises(UnprovenError, match="log 0: transactionHash is"):
        prove_by_bloom(header, logs_of(receipts))


def test_by_bloom_any_log_left_out_before_the_last_is_refused() -> None:
    header, receipts = load_mainnet_block(FULL_BLOCK)
    logs, parsed = logs_of(receipts), parse_header(header)
    for index in range(0, len(logs) - 1, 13):
        with pytest.raises(UnprovenError, match=f"log {index}: logIndex is"):
            prove_by_bloom(parsed, logs[:index] + logs[index + 1 :])


def test_by_bloom_the_logs_of_half_a_block_are_refused() -> None:
    header, receipts = load_mainnet_block(FULL_BLOCK)
    logs = logs_of(receipts)
    for part in ([], logs[: len(logs) // 2]):
        with pytest.raises(UnprovenError, match=r"do not give the header's logsBloom: \d+ of its bits"):
            prove_by_bloom(header, part)


def test_by_bloom_transaction_indexes_never_decrease() -> None:
    header, receipts = full_block()
    logs = logs_of(receipts)
    logs[0], logs[-1] = logs[-1], logs[0]
    logs[0]["logIndex"], logs[-1]["logIndex"] = logs[-1]["logIndex"], logs[0]["logIndex"]
    with pytest.raises(UnprovenError, match="log 1: transactionIndex is"):
        prove_by_bloom(header, logs)


def test_by_bloom_a_transaction_beyond_the_block_is_refused() -> None:
    header, receipts = full_block()
    logs = logs_of(receipts)
    logs[-1]["transactionIndex"] = hex(150)
    with pytest.raises(UnprovenError, match="transactionIndex is 150"):
        prove_by_bloom(header, logs)


def test_bloom_cannot_see_changed_data() -> None:
    header, receipts = full_block()
    change_data(header, receipts)
    assert prove_by_bloom(header, logs_of(receipts)).number == int(header["number"], 16)


def test_bloom_cannot_see_swapped_logs() -> None:
    header, receipts = full_block()
    swap_logs_and_renumber(header, receipts)
    assert prove_by_bloom(header, logs_of(receipts)).number == int(header["number"], 16)


def test_bloom_cannot_see_a_log_left_out_whose_bits_others_set() -> None:
    header, receipts = full_block()
    repeat_log(header, receipts)
    for receipt in receipts:
        del receipt["logsBloom"]
    seal(header, receipts)
    whole = prove_by_receipts(header, receipts)
    drop_log_and_renumber(header, receipts)
    assert len(prove_by_bloom(header, logs_of(receipts)).logs) == len(whole.logs) - 1


def test_bloom_cannot_see_a_repeated_log() -> None:
    header, receipts = full_block()
    repeat_log(header, receipts)
    assert prove_by_bloom(header, logs_of(receipts)).number == int(header["number"], 16)


def test_bloom_cannot_see_a_log_given_to_another_transaction() -> None:
    header, receipts = full_block()
    move_log_to_next_receipt(header, receipts)
    assert prove_by_bloom(header, logs_of(receipts)).number == int(header["number"], 16)


def test_proving_does_not_change_what_the_node_sent() -> None:
    header, receipts = full_block()
    before = copy.deepcopy((header, receipts))
    prove_by_receipts(header, receipts)
    assert (header, receipts) == before
