"""One node URL, asked how far its chain is."""

from __future__ import annotations

from typing import Any

import pytest

from ethlogs.errors import NodeError
from ethlogs.metrics.node_reader import NodeReader, NodeState, open_nodes
from ethlogs.settings import NodeSettings
from tests.unit.local_node import LocalNode, Reply, local_node, result

HEADERS = {
    "latest": {"number": "0x70", "timestamp": "0x68e77824"},
    "safe": {"number": "0x60", "timestamp": "0x0"},
}


def answer(request: Any) -> Reply:
    if request["method"] == "eth_chainId":
        return result("0x1")
    return result(HEADERS.get(request["params"][0]))


def open_reader(node: LocalNode) -> NodeReader:
    (reader,) = open_nodes(NodeSettings((node.url,), request_timeout_seconds=5.0))
    return reader


def test_a_node_gives_the_heights_that_it_has_and_the_chain_is_asked_once() -> None:
    with local_node(answer) as node:
        reader = open_reader(node)
        assert reader.look() == NodeState(reader.name, 1, {"latest": 0x70, "safe": 0x60}, 0x68E77824)
        reader.look()
        reader.close()
    assert node.methods.count("eth_chainId") == 1


def test_after_a_failure_the_chain_is_asked_again() -> None:
    with local_node(answer) as node:
        reader = open_reader(node)
        reader.look()
        node.respond = lambda _request: Reply(status=503)
        with pytest.raises(NodeError):
            reader.look()
        node.respond = answer
        assert reader.look().chain_id == 1
        reader.close()
    assert node.methods.count("eth_chainId") == 2


@pytest.mark.parametrize("header", [None, {"number": None}, {"number": "0x70", "timestamp": "soon"}])
def test_a_node_without_a_head_does_not_answer_well(header: Any) -> None:
    def respond(request: Any) -> Reply:
        return result("0x1" if request["method"] == "eth_chainId" else header)

    with local_node(respond) as node:
        reader = open_reader(node)
        with pytest.raises(NodeError):
            reader.look()
        reader.close()
