"""Blocks that a person names, fetched with the patience of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ethlogs.errors import BlockNotFoundError
from ethlogs.node import BlockLookup, BlockSource, Node
from ethlogs.settings import NodeSettings, ProofSettings
from tests.unit.local_node import LocalNode, Reply, failure, local_node, result
from tests.unit.node.test_client import ImpatientStop
from tests.unit.proof_samples import make_block

HEADER, RECEIPTS = make_block(3)
HEIGHT, HASH = HEADER["number"], HEADER["hash"]
TRANSACTIONS = [{"hash": transaction} for transaction in HEADER["transactions"]]
DOWN = Reply(status=503)


def is_full(request: Any) -> bool:
    return bool(request["params"][1:] == [True])


def serve(request: Any) -> Reply:
    answers: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_blockNumber": HEIGHT,
        "eth_getBlockByNumber": HEADER | ({"transactions": TRANSACTIONS} if is_full(request) else {}),
        "eth_getBlockByHash": HEADER if request["params"][:1] == [HASH] else None,
        "eth_getBlockReceipts": RECEIPTS,
    }
    method = request["method"]
    return result(answers[method]) if method in answers else failure(-32601, "no such method")


def answering(method: str, *replies: Reply) -> Callable[[Any], Reply]:
    """The replies first, for one method; then the truth."""
    left = list(replies)

    def respond(request: Any) -> Reply:
        is_genesis = request["params"][:1] == ["0x0"]
        return left.pop(0) if left and request["method"] == method and not is_genesis else serve(request)

    return respond


@contextlib.contextmanager
def looking(
    *nodes: LocalNode, patience_seconds: float
) -> Iterator[tuple[BlockLookup, BlockSource, list[str]]]:
    notices: list[str] = []
    stop = ImpatientStop()
    with contextlib.closing(
        Node(NodeSettings(tuple(node.url for node in nodes)), stop, notices.append)
    ) as client:
        client.connect()
        source = BlockSource(client, ProofSettings("receipts"), patience_seconds, stop, notices.append)
        yield BlockLookup(client, patience_seconds, stop, notices.append), source, notices


@pytest.mark.parametrize("block", [HEIGHT, HASH, "latest", "finalized"])
def test_a_block_is_found_by_each_of_its_names(block: str) -> None:
    with local_node(serve) as node, looking(node, patience_seconds=60.0) as (lookup, source, notices):
        assert lookup.fetch(source, block).block.hash == HASH
    assert notices == []


@pytest.mark.parametrize(
    "reply", [DOWN, Reply(status=429), result(None), result("0x"), failure(-32099, "what is this")]
)
@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_getBlockReceipts"])
def test_what_may_pass_is_waited_out(method: str, reply: Reply) -> None:
    with local_node(serve) as node, looking(node, patience_seconds=60.0) as (lookup, source, _):
        node.respond = answering(method, reply, reply)
        assert lookup.fetch(source, HEIGHT).block.hash == HASH


@pytest.mark.parametrize("reply", [result(None), failure(-32000, "header not found")])
def test_a_block_that_is_early_is_asked_for_again_and_said(reply: Reply) -> None:
    with local_node(serve) as node, looking(node, patience_seconds=60.0) as (lookup, _, notices):
        node.respond = answering("eth_getBlockByNumber", reply, reply)
        assert lookup.fetch_transactions(HEIGHT) == TRANSACTIONS
    assert len(notices) == 1
    assert notices[0].endswith("; asking again for up to 5 seconds")


@pytest.mark.parametrize("block", [HEIGHT, "0x" + "ee" * 32])
def test_a_block_that_does_not_come_is_not_found(block: str) -> None:
    def respond(request: Any) -> Reply:
        is_asked = request["params"][:1] == [block]
        return result(None) if is_asked else serve(request)

    with (
        local_node(respond) as node,
        looking(node, patience_seconds=0.0) as (lookup, source, _),
        pytest.raises(BlockNotFoundError, match="does not have block"),
    ):
        lookup.fetch(source, block)


@pytest.mark.parametrize("block", [HEIGHT, HASH, "latest"])
@pytest.mark.parametrize("number", [[], None, "3", "0x"])
def test_a_header_whose_number_is_none_is_asked_for_again(block: str, number: Any) -> None:
    method = "eth_getBlockByHash" if block == HASH else "eth_getBlockByNumber"
    with local_node(serve) as node, looking(node, patience_seconds=60.0) as (lookup, source, _):
        node.respond = answering(method, result(HEADER | {"number": number}))
        assert lookup.fetch(source, block).block.hash == HASH


@pytest.mark.parametrize("transactions", [None, {}, ["0x00"], [None]])
def test_a_wrong_list_of_transactions_is_asked_for_again(transactions: Any) -> None:
    with local_node(serve) as node, looking(node, patience_seconds=60.0) as (lookup, _, _):
        node.respond = answering("eth_getBlockByNumber", result(HEADER | {"transactions": transactions}))
        assert lookup.fetch_transactions(HEIGHT) == TRANSACTIONS


def test_an_orphaned_block_that_is_not_proven_is_asked_for_again() -> None:
    def respond(request: Any) -> Reply:
        other = HEADER | {"hash": "0x" + "dd" * 32}
        return result(other) if request["params"][:1] == [HEIGHT] else serve(request)

    with local_node(respond) as node, looking(node, patience_seconds=60.0) as (lookup, source, notices):
        wrong = [result(HEADER | {"receiptsRoot": "0x" + "11" * 32})]

        def wrong_at_first(request: Any) -> Reply:
            is_second_look = (
                request["method"] == "eth_getBlockByHash" and "eth_getBlockByHash" in node.methods[:-1]
            )
            return wrong.pop() if wrong and is_second_look else respond(request)

        node.respond = wrong_at_first
        assert lookup.fetch(source, HASH).block.hash == HASH
    assert len(notices) == 1


@pytest.mark.parametrize("block", [HEIGHT, HASH])
def test_a_block_that_the_first_url_does_not_have_is_found_on_the_second(block: str) -> None:
    def lagging(request: Any) -> Reply:
        return result(None) if request["params"][:1] == [block] else serve(request)

    with (
        local_node(lagging) as first,
        local_node(serve) as second,
        looking(first, second, patience_seconds=60.0) as (lookup, source, notices),
    ):
        assert lookup.fetch(source, block).block.hash == HASH
    assert len(notices) == 1


def test_transactions_of_a_block_that_the_first_url_does_not_have_are_found_on_the_second() -> None:
    def lagging(request: Any) -> Reply:
        return result(None) if request["params"][:1] == [HEIGHT] else serve(request)

    with (
        local_node(lagging) as first,
        local_node(serve) as second,
        looking(first, second, patience_seconds=60.0) as (lookup, _, _),
    ):
        assert lookup.fetch_transactions(HEIGHT) == TRANSACTIONS
