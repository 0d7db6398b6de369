"""Blocks from a node: what a run says of a block that it cannot check."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import NodeUnavailableError, UnprovenError
from ethlogs.node import BlockSource, Node
from ethlogs.proof import ProvenBlock
from ethlogs.settings import NodeSettings, ProofSettings
from tests.unit.local_node import Reply, failure, local_node, result
from tests.unit.proof_samples import Json, make_block, seal

WORKERS = 4
RECEIPTS = ProofSettings("receipts")


def test_a_url_that_lies_to_several_threads_is_left_once() -> None:
    """Each of them leaving whichever URL is current would bring an even number of them back to it."""
    header, receipts = make_block(3)
    honest: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": header,
        "eth_getBlockReceipts": receipts,
        "eth_blockNumber": "0x7",
    }
    all_have_asked = threading.Barrier(WORKERS)
    notices: list[str] = []

    def lie(request: Any) -> Reply:
        if request["method"] == "eth_getBlockReceipts":
            all_have_asked.wait(timeout=30)
            return result(receipts[:-1])
        return result(honest[request["method"]])

    with local_node(lie) as liar, local_node(lambda asked: result(honest[asked["method"]])) as other:
        settings = NodeSettings((liar.url, other.url))
        with (
            contextlib.closing(Node(settings, StopSwitch(), notices.append)) as node,
            ThreadPoolExecutor(WORKERS) as threads,
        ):
            node.connect()
            source = BlockSource(node, RECEIPTS, 5.0, StopSwitch(), notices.append)
            heights = [int(header["number"], 16)] * WORKERS
            blocks = list(threads.map(source.fetch, heights))
            assert node.name == other.url
    assert len(blocks) == WORKERS
    assert liar.methods.count("eth_getBlockReceipts") == WORKERS
    assert len([notice for notice in notices if "instead" in notice]) == 1


def test_a_block_whose_hash_is_known_is_asked_of_the_next_url_where_one_gives_another() -> None:
    """The other one proves itself as well: nothing but the hash says which of them is the chain's."""
    blocks = [make_block(3), make_block(3)]
    blocks[0][0]["extraData"] = "0xff"
    seal(*blocks[0])

    wanted, number = blocks[1][0], blocks[1][0]["number"]

    def give(header: Json, receipts: list[Json]) -> Callable[[Json], Reply]:
        answers = {"eth_chainId": "0x1", "eth_getBlockReceipts": receipts, "eth_blockNumber": number}

        def respond(asked: Json) -> Reply:
            if asked["method"] == "eth_getBlockByNumber":
                return result(header if asked["params"][0] == number else wanted)
            return result(answers[asked["method"]])

        return respond

    with local_node(give(*blocks[0])) as first, local_node(give(*blocks[1])) as second:
        settings = NodeSettings((first.url, second.url))
        with contextlib.closing(Node(settings, ImpatientStop(), lambda _notice: None)) as node:
            source = BlockSource(node, RECEIPTS, 5.0, ImpatientStop(), lambda _notice: None)
            height = int(number, 16)
            assert source.fetch(height).block.hash != wanted["hash"]
            assert source.fetch(height, block_hash=wanted["hash"]).block.hash == wanted["hash"]
            assert node.name == second.url


class ImpatientStop(StopSwitch):
    """Waits no time at all."""

    def pause(self, _seconds: float) -> None:
        self.check()


def test_a_block_that_two_urls_do_not_have_is_asked_of_the_third() -> None:
    header, receipts = make_block(3)
    full: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": header,
        "eth_getBlockReceipts": receipts,
        "eth_blockNumber": header["number"],
    }
    empty = full | {"eth_getBlockReceipts": None}
    notices: list[str] = []
    with (
        local_node(lambda asked: result(empty[asked["method"]])) as first,
        local_node(lambda asked: result(empty[asked["method"]])) as second,
        local_node(lambda asked: result(full[asked["method"]])) as third,
    ):
        settings = NodeSettings((first.url, second.url, third.url))
        with contextlib.closing(Node(settings, ImpatientStop(), notices.append)) as node:
            source = BlockSource(node, RECEIPTS, 5.0, ImpatientStop(), notices.append)
            assert source.fetch(int(header["number"], 16)).block.hash == header["hash"]
            assert node.name == third.url


def test_a_block_that_is_asked_for_early_says_nothing_of_a_node_that_goes_away() -> None:
    """The look at the head, which is under way beside it, says it, and leaves the URL."""
    header, _ = make_block(3)
    answers: dict[str, Any] = {"eth_chainId": "0x1", "eth_getBlockByNumber": header}
    notices: list[str] = []
    with (
        local_node(lambda asked: result(answers[asked["method"]])) as first,
        local_node(lambda asked: result(answers[asked["method"]])) as second,
        contextlib.closing(
            Node(NodeSettings((first.url, second.url)), ImpatientStop(), notices.append)
        ) as node,
    ):
        node.connect()
        source = BlockSource(node, RECEIPTS, 5.0, ImpatientStop(), notices.append)
        first.respond = lambda _asked: Reply(status=503)
        with pytest.raises(NodeUnavailableError, match="503"):
            source.fetch_early(3)
        assert (node.name, node.retries, source.retries, notices) == (first.url, 0, 0, [])
        assert source.fetch_hash(3) == header["hash"], "later calls are patient"


def test_a_lie_is_asked_for_again_until_the_patience_ends_however_often_it_is_told() -> None:
    header, receipts = make_block(3)
    answers: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": header,
        "eth_blockNumber": header["number"],
    }
    lies = 20
    notices: list[str] = []

    def answer(request: Any) -> Reply:
        if request["method"] == "eth_getBlockReceipts":
            return result(receipts[:-1] if served.methods.count("eth_getBlockReceipts") <= lies else receipts)
        return result(answers[request["method"]])

    with (
        local_node(answer) as served,
        contextlib.closing(Node(NodeSettings((served.url,)), ImpatientStop(), notices.append)) as node,
    ):
        source = BlockSource(node, RECEIPTS, 60.0, ImpatientStop(), notices.append)
        assert source.fetch(int(header["number"], 16)).block.hash == header["hash"]
    assert served.methods.count("eth_getBlockReceipts") == lies + 1
    assert [notice for notice in notices if "asking again for up to 60 seconds" in notice] == notices


def test_an_unknown_field_of_a_header_that_gives_its_hash_is_nothing_to_tell_of() -> None:
    header, receipts = make_block(3)
    block, notices = fetch_twice(header | {"ofALaterFork": "0x1"}, receipts, RECEIPTS)
    assert (block.proof, notices) == ("receipts", [])


def unchecked_block() -> tuple[Json, list[Json]]:
    """A header as of a later fork: one more field, which is hashed."""
    header, receipts = make_block(3)
    header |= {"ofALaterFork": "0x1", "hash": "0x" + "12" * 32}
    for item in (item for receipt in receipts for item in (receipt, *receipt["logs"])):
        item["blockHash"] = header["hash"]
    return header, receipts


def test_a_header_whose_hash_cannot_be_checked_is_refused_with_the_way_out() -> None:
    notices: list[str] = []
    with pytest.raises(UnprovenError, match="the field ofALaterFork") as refused:
        fetch_twice(*unchecked_block(), RECEIPTS, notices)
    assert "--unchecked-headers" in str(refused.value.hint)
    assert "--unchecked-headers" in notices[0], "the way out is there before the patience is over"


def test_with_consent_the_block_says_that_it_is_unchecked_and_the_user_is_told_once() -> None:
    block, notices = fetch_twice(*unchecked_block(), ProofSettings("receipts", unchecked_headers=True))
    assert block.proof == "receipts+unchecked"
    assert len(notices) == 1
    assert "has the field ofALaterFork that this version does not know" in notices[0]


def fetch_twice(
    header: Json, receipts: list[Json], proof: ProofSettings, notices: list[str] | None = None
) -> tuple[ProvenBlock, list[str]]:
    answers: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": header,
        "eth_getBlockReceipts": receipts,
        "eth_blockNumber": header["number"],
    }
    notices = [] if notices is None else notices
    with local_node(lambda asked: result(answers[asked["method"]])) as served:
        settings = NodeSettings((served.url,))
        with contextlib.closing(Node(settings, ImpatientStop(), lambda _text: None)) as node:
            source = BlockSource(node, proof, 0.0, ImpatientStop(), notices.append)
            height = int(header["number"], 16)
            blocks = [source.fetch(height).block for _ in range(2)]
    assert blocks[0] == blocks[1]
    return blocks[0], notices


@pytest.mark.parametrize("missing", [result(None), failure(-32000, "header not found"), failure(-39001, "")])
def test_a_height_that_a_node_does_not_have_yet_has_no_hash(missing: Reply) -> None:
    answers: dict[str, Any] = {"eth_chainId": "0x1", "eth_getBlockByNumber": {"hash": "0x" + "aa" * 32}}
    with (
        local_node(lambda asked: result(answers[asked["method"]])) as served,
        contextlib.closing(Node(NodeSettings((served.url,)), ImpatientStop(), lambda _: None)) as node,
    ):
        node.connect()
        served.respond = lambda _asked: missing
        source = BlockSource(node, RECEIPTS, 5.0, ImpatientStop(), lambda _: None)
        assert source.fetch_hash(3) is None
