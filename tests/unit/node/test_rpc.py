"""The kinds of answer that a node can give."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ethlogs.errors import BlockNotFoundError, EthlogsError, NodeRefusedError, NodeUnavailableError
from ethlogs.node.client import parse_quantity
from ethlogs.node.rpc import Answer, build_request, parse_answer

NODE = "http://geth:8545"


def parse(body: bytes, method: str = "eth_blockNumber") -> Answer:
    return parse_answer(body, method, NODE)


def error(code: Any, message: Any = "no") -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}).encode()


def test_a_request_is_json_rpc() -> None:
    assert build_request("eth_getBlockByNumber", ("0x1", False)) == (
        b'{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x1",false]}'
    )


def test_an_answer_is_its_result_and_its_size() -> None:
    assert parse(b'{"jsonrpc":"2.0","id":1,"result":"0x7"}') == Answer("0x7", 39)


@pytest.mark.parametrize("body", [b'{"result":null}', b'{"result":null,"error":null}'])
def test_a_null_is_an_answer(body: bytes) -> None:
    assert parse(body).result is None


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (4444, "pruned history unavailable", NodeRefusedError),
        (-32601, "the method eth_getBlockReceipts does not exist/is not available", NodeRefusedError),
        (-32602, "invalid argument 0", NodeRefusedError),
        (-32000, "header not found", BlockNotFoundError),
        (-32000, "finalized block not found", BlockNotFoundError),
        (-32001, "Unknown block", BlockNotFoundError),
        (-39001, "Unknown block", BlockNotFoundError),
        (-32000, "execution reverted", NodeRefusedError),
        (-32000, "request timed out", NodeUnavailableError),
        (-32002, "request timed out", NodeUnavailableError),
        (-32005, "limit exceeded", NodeUnavailableError),
        (-32016, "over the rate limit", NodeUnavailableError),
        (-32603, "internal error", NodeUnavailableError),
        (429, "slow down", NodeUnavailableError),
        (-32099, "Rate Limit reached", NodeUnavailableError),
        (-32099, "what is this", NodeRefusedError),
        ("-32005", "a code that is text", NodeRefusedError),
        ([], "a code that is none", NodeRefusedError),
        (None, None, NodeRefusedError),
    ],
)
def test_each_error_of_a_node_is_of_its_kind(code: Any, message: Any, kind: type[EthlogsError]) -> None:
    with pytest.raises(kind) as caught:
        parse(error(code, message))
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"node {NODE} answered eth_blockNumber with error ")


@pytest.mark.parametrize("answer", [{"error": "no"}, {"error": ["no"]}, {"error": 5}])
def test_an_error_of_no_form_is_refused(answer: Any) -> None:
    with pytest.raises(NodeRefusedError, match="with error None"):
        parse(json.dumps(answer).encode())


def test_a_long_message_of_a_node_is_cut() -> None:
    with pytest.raises(NodeRefusedError) as caught:
        parse(error(-32099, "x" * 100_000))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("method", "hint"), [("eth_getBlockReceipts", "geth 1.13"), ("eth_getLogs", "--http.api")]
)
def test_a_missing_method_has_a_way_out(method: str, hint: str) -> None:
    with pytest.raises(NodeRefusedError) as caught:
        parse(error(-32601), method)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("body", [b"<html><body>Log in</body></html>", b"\n <!DOCTYPE html>"])
def test_an_html_page_is_refused(body: bytes) -> None:
    with pytest.raises(NodeRefusedError, match="answered with an HTML page, not with JSON-RPC"):
        parse(body)


@pytest.mark.parametrize(
    "body", [b"", b'{"jsonrpc":"2.0","id":1,"result":{"hash":"0x', b"Bad Gateway", b"\xff"]
)
def test_an_answer_that_is_cut_may_be_whole_the_next_time(body: bytes) -> None:
    with pytest.raises(NodeUnavailableError, match="that is not JSON"):
        parse(body)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"ok"', b"7", b"null", b'{"up":true}', b'[{"result":1}]'])
def test_json_that_is_no_json_rpc_is_refused(body: bytes) -> None:
    with pytest.raises(NodeRefusedError, match="with JSON that is not JSON-RPC"):
        parse(body)


@pytest.mark.parametrize(("value", "number"), [("0x0", 0), ("0x1b4", 436), ("0xffffffffffffffff", 2**64 - 1)])
def test_a_quantity_is_hex(value: str, number: int) -> None:
    assert parse_quantity(value, "eth_chainId", NODE) == number


@pytest.mark.parametrize("value", [None, 7, "7", "", "0x", "0xg", "-0x1", "0x1" + "0" * 16, {"a": "0x1"}])
def test_what_is_no_quantity_counts_as_no_answer(value: Any) -> None:
    with pytest.raises(NodeUnavailableError, match=r"answered eth_chainId with .*which is no number"):
        parse_quantity(value, "eth_chainId", NODE)
