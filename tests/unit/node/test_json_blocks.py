"""Blocks by the eth methods: in whichever way a node has the receipts, and what it does not have yet."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.errors import BlockNotFoundError, UnprovableChainError
from tests.unit.local_node import Reply, failure, local_node, result
from tests.unit.node.test_raw_blocks import HEADER, HEIGHT, JSON_ALONE, RECEIPTS, answering, source_of
from tests.unit.proof_samples import Json, load_recorded


def without(*methods: str) -> Json:
    return {name: value for name, value in JSON_ALONE.items() if name not in methods}


def test_an_empty_list_for_a_block_with_transactions_is_not_there_yet() -> None:
    """Besu's shape; null is the others'."""
    left = [3]

    def respond(request: Any) -> Reply:
        if request["method"] == "eth_getBlockReceipts" and left[0]:
            left[0] -= 1
            return result([])
        return answering(JSON_ALONE)(request)

    with local_node(respond) as served, source_of(served, least="receipts", patience=60.0) as (source, _, _):
        assert source.fetch(HEIGHT).block.hash == HEADER["hash"]
        assert source.retries == 3


@pytest.mark.parametrize("answer", [None, []])
def test_receipts_that_stay_away_are_named_as_pruned(answer: object) -> None:
    answers = JSON_ALONE | {"eth_getBlockReceipts": answer}
    with local_node(answering(answers)) as served, source_of(served, least="receipts") as (source, _, _):
        with pytest.raises(BlockNotFoundError, match="but not its receipts") as missing:
            source.fetch(HEIGHT)
        assert "pruned" in str(missing.value.hint)


def test_receipts_by_hash_that_a_node_does_not_take_are_asked_for_by_height() -> None:
    def respond(request: Any) -> Reply:
        if request["method"] == "eth_getBlockReceipts" and len(request["params"][0]) == 66:
            return failure(-32602, "invalid argument 0: hex string has length 64, want a block number")
        return answering(JSON_ALONE)(request)

    with local_node(respond) as served, source_of(served, least="receipts") as (source, _, notices):
        assert source.fetch(HEIGHT).block.hash == source.fetch(HEIGHT).block.hash == HEADER["hash"]
        asked = [r["params"][0] for r in served.requests if r["method"] == "eth_getBlockReceipts"]
    assert asked == [HEADER["hash"], hex(HEIGHT), hex(HEIGHT)]
    assert notices == []


@pytest.mark.parametrize("code", [-32601, -32004])
def test_without_receipts_of_a_block_they_are_asked_for_one_by_one(code: int) -> None:
    assert RECEIPTS is not None
    by_hash = {receipt["transactionHash"]: receipt for receipt in RECEIPTS}

    def respond(request: Any) -> Reply:
        if request["method"] == "eth_getTransactionReceipt":
            return result(by_hash[request["params"][0]])
        if request["method"] == "eth_getBlockReceipts":
            return failure(code, "the method eth_getBlockReceipts is not supported")
        return answering(JSON_ALONE)(request)

    with local_node(respond) as served, source_of(served, least="receipts") as (source, _, _):
        assert source.fetch(HEIGHT).block.proof == "receipts"
        assert source.fetch(HEIGHT).block.proof == "receipts"
        assert served.methods.count("eth_getTransactionReceipt") == 2 * len(RECEIPTS)
        assert served.methods.count("eth_getBlockReceipts") == 2


def test_a_receipt_of_one_transaction_that_is_not_there_yet_is_no_lie() -> None:
    answers = without("eth_getBlockReceipts") | {"eth_getTransactionReceipt": None}
    with (
        local_node(answering(answers)) as served,
        source_of(served, least="receipts") as (source, _, _),
        pytest.raises(BlockNotFoundError, match="but not its receipts"),
    ):
        source.fetch(HEIGHT)


@pytest.mark.parametrize(
    ("block", "chain_id", "name"), [("cronos-10000", 25, "Cronos"), ("fantom-2", 250, "Fantom Opera")]
)
def test_a_chain_that_commits_to_nothing_is_refused_by_its_name_at_once(
    block: str, chain_id: int, name: str
) -> None:
    header, receipts = load_recorded(block)
    answers = JSON_ALONE | {"eth_getBlockByNumber": header, "eth_getBlockReceipts": receipts}
    answers |= {"eth_chainId": hex(chain_id), "eth_blockNumber": header["number"]}
    with local_node(answering(answers)) as served, source_of(served) as (source, _, _):
        with pytest.raises(UnprovableChainError, match=rf"^{name} \(chain id {chain_id}\) cannot be"):
            source.fetch(int(header["number"], 16))
        assert source.retries == 0
