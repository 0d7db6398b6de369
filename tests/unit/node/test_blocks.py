"""Blocks from a node: what it tells of what it does not check."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ethlogs.node import BlockSource, Node
from ethlogs.settings import NodeSettings, Proof
from ethlogs.stop import StopSwitch
from tests.unit.local_node import Reply, local_node, result
from tests.unit.proof_samples import logs_of, make_block

WORKERS = 4


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
            source = BlockSource(node, "receipts", 5.0, StopSwitch(), notices.append)
            heights = [int(header["number"], 16)] * WORKERS
            blocks = list(threads.map(source.fetch, heights))
            assert node.name == other.url
    assert len(blocks) == WORKERS
    assert liar.methods.count("eth_getBlockReceipts") == WORKERS
    assert len([notice for notice in notices if "instead" in notice]) == 1


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
            source = BlockSource(node, "receipts", 5.0, ImpatientStop(), notices.append)
            assert source.fetch(int(header["number"], 16)).block.hash == header["hash"]
            assert node.name == third.url


@pytest.mark.parametrize("proof", ["receipts", "bloom"])
@pytest.mark.parametrize(("more", "told"), [({}, 0), ({"ofALaterFork": "0x1"}, 1)])
def test_a_header_whose_hash_cannot_be_checked_is_told_once(
    proof: Proof, more: dict[str, str], told: int
) -> None:
    header, receipts = make_block(3)
    answers: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_getBlockByNumber": header | more,
        "eth_getBlockReceipts": receipts,
        "eth_getLogs": logs_of(receipts),
    }
    notices: list[str] = []

    def respond(request: Any) -> Reply:
        return result(answers[request["method"]])

    with local_node(respond) as served:
        settings = NodeSettings((served.url,))
        with contextlib.closing(Node(settings, StopSwitch(), notices.append)) as node:
            source = BlockSource(node, proof, 5.0, StopSwitch(), notices.append)
            height = int(header["number"], 16)
            blocks = [source.fetch(height).block for _ in range(2)]
    assert len(blocks[0].logs) == len(logs_of(receipts))
    assert len(notices) == told
    assert all("fields that this version of ethlogs does not know" in notice for notice in notices)
