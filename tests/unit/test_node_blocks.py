"""Blocks from a node: what it tells of what it does not check."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from local_node import Reply, local_node, result
from proof_samples import logs_of, make_block

from ethlogs.node import BlockSource, Node
from ethlogs.settings import NodeSettings, Proof
from ethlogs.stop import StopSwitch


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
