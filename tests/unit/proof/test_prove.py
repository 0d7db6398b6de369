"""What each proof accepts and refuses: real blocks, and the same ones tampered with."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ethlogs.errors import UnprovenError
from ethlogs.proof import parse_header, prove_by_receipts
from tests.unit.proof_samples import MAINNET_BLOCKS, Json, load_mainnet_block, logs_of, make_block, seal

FULL_BLOCK = 16899757
Tamper = Callable[[Json, list[Json]], object]


def full_block() -> tuple[Json, list[Json]]:
    """A block with logs that needs no recorded file."""
    return make_block(150, seed=9)


@pytest.mark.parametrize("number", MAINNET_BLOCKS)
def test_a_mainnet_block_is_proven(number: int) -> None:
    header, receipts = load_mainnet_block(number)
    block = prove_by_receipts(header, receipts)
    assert (block.proof, block.remarks) == ("receipts", ())
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


def test_a_block_without_transactions_is_proven() -> None:
    header, _ = make_block(0)
    assert prove_by_receipts(header, []).logs == ()


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


def test_without_the_hash_the_root_and_the_bloom_are_still_checked() -> None:
    """With consent to an unknown field, the receipts must agree with what the header says all the same."""
    for tamper in (change_header_bloom, change_header_root):
        header, receipts = full_block()
        header["aFieldOfAnotherChain"] = "0x1"
        tamper(header, receipts)
        with pytest.raises(UnprovenError, match="the header's"):
            prove_by_receipts(header, receipts, unchecked_headers=True)


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


@pytest.mark.parametrize("name", [name for name in PLACE_FIELDS if name != "logIndex"])
@pytest.mark.parametrize("wrong", ["another", "malformed"])
def test_a_log_that_names_another_place_is_refused(name: str, wrong: str) -> None:
    value = {"another": PLACE_FIELDS[name], "malformed": {}}[wrong]
    header, receipts = full_block()
    first_with_logs(receipts)["logs"][0][name] = value
    with pytest.raises(UnprovenError, match=f"log \\d+: {name} "):
        prove_by_receipts(header, receipts)


@pytest.mark.parametrize("name", ["blockHash", "blockNumber", "transactionHash", "transactionIndex"])
def test_a_receipt_that_names_another_place_is_refused(name: str) -> None:
    header, receipts = full_block()
    receipts[5][name] = PLACE_FIELDS[name]
    with pytest.raises(UnprovenError, match=f"receipt 5: {name} "):
        prove_by_receipts(header, receipts)


def number_logs_per_receipt(receipts: list[Json]) -> None:
    for receipt in receipts:
        for index, log in enumerate(receipt["logs"]):
            log["logIndex"] = hex(index)


def number_logs_from_one(receipts: list[Json]) -> None:
    for log in (log for receipt in receipts for log in receipt["logs"]):
        log["logIndex"] = hex(int(log["logIndex"], 16) + 1)


@pytest.mark.parametrize("number", [number_logs_per_receipt, number_logs_from_one])
def test_logs_that_a_node_numbers_otherwise_are_numbered_by_their_place(
    number: Callable[[list[Json]], None],
) -> None:
    header, receipts = full_block()
    expected = prove_by_receipts(header, receipts)
    number(receipts)
    block = prove_by_receipts(header, receipts)
    assert block.logs == expected.logs
    assert [remark for remark in block.remarks if "numbered by their place" in remark]
    assert not expected.remarks


def test_a_malformed_log_index_is_refused() -> None:
    header, receipts = full_block()
    first_with_logs(receipts)["logs"][0]["logIndex"] = "0x1_0"
    with pytest.raises(UnprovenError, match=r"log \d+: logIndex is not a quantity"):
        prove_by_receipts(header, receipts)


def test_a_receipt_may_have_a_root_of_zeros_beside_its_status() -> None:
    header, receipts = full_block()
    expected = prove_by_receipts(header, receipts)
    for receipt in receipts:
        receipt.setdefault("root", "0x" + "00" * 32)
    assert prove_by_receipts(header, receipts) == expected


@pytest.mark.parametrize("right", ["root", "status"])
def test_of_a_root_and_a_status_the_one_that_gives_the_headers_root_is_right(right: str) -> None:
    """Nodes that know only one of them make the other up."""
    header, receipts = full_block()
    for receipt in receipts:
        receipt.pop("root", None)
        receipt.pop("status", None)
        receipt |= {"status": "0x1"} if right == "status" else {"root": "0x" + "ab" * 32}
    seal(header, receipts)
    expected = prove_by_receipts(header, receipts)
    for receipt in receipts:
        receipt |= {"root": "0x" + "cd" * 32} if right == "status" else {"status": "0x0"}
    assert prove_by_receipts(header, receipts) == expected
    change_gas(header, receipts)
    with pytest.raises(UnprovenError, match="the receipts give the root"):
        prove_by_receipts(header, receipts)


def test_a_made_up_status_of_an_old_block_is_named() -> None:
    header, receipts = load_mainnet_block(468179)
    for receipt in receipts:
        del receipt["root"]
        receipt["status"] = "0x1"
    with pytest.raises(UnprovenError, match="the receipts give the root") as refused:
        prove_by_receipts(header, receipts)
    assert "before Byzantium" in str(refused.value.hint)
    assert "Reth" in str(refused.value.hint)


def test_a_wrong_status_of_a_later_block_is_not_called_made_up() -> None:
    header, receipts = full_block()
    change_status(header, receipts)
    with pytest.raises(UnprovenError) as refused:
        prove_by_receipts(header, receipts)
    assert refused.value.hint is None


def test_a_receipt_must_name_its_transaction() -> None:
    for how in ("missing", "null"):
        header, receipts = full_block()
        leave_out(receipts[5], how, "transactionHash")
        with pytest.raises(UnprovenError, match="receipt 5: transactionHash is missing"):
            prove_by_receipts(header, receipts)


def leave_out(item: Json, how: str, *names: str) -> None:
    for name in names:
        item[name] = None
        if how == "missing":
            del item[name]


@pytest.mark.parametrize("left_out", ["missing", "null"])
def test_receipts_may_leave_out_what_their_order_says(left_out: str) -> None:
    header, receipts = full_block()
    expected = prove_by_receipts(header, receipts)
    for receipt in receipts:
        leave_out(receipt, left_out, "blockHash", "blockNumber", "transactionIndex", "logsBloom")
        for log in receipt["logs"]:
            leave_out(log, left_out, *PLACE_FIELDS)
    assert prove_by_receipts(header, receipts) == expected


def test_proving_does_not_change_what_the_node_sent() -> None:
    header, receipts = full_block()
    before = copy.deepcopy((header, receipts))
    prove_by_receipts(header, receipts)
    assert (header, receipts) == before
