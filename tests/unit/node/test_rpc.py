"""The kinds of answer that a node can give."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ethlogs.errors import (
    BlockGoneError,
    BlockNotFoundError,
    EthlogsError,
    MissingMethodError,
    NodeRefusedError,
    NodeUnavailableError,
)
from ethlogs.node.endpoint import require_quantity
from ethlogs.node.rpc import (
    Answer,
    RawAnswer,
    build_request,
    parse_answer,
    read_location,
    read_retry_after,
)

NODE = "http://geth:8545"


def parse(body: bytes, method: str = "eth_getBlockByHash", status: int = 200) -> Answer:
    return parse_answer(RawAnswer(body, status), method, NODE)


def error(code: Any, message: Any = "no") -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}).encode()


def test_a_request_is_json_rpc() -> None:
    assert build_request("eth_getBlockByNumber", ("0x1", False)) == (
        b'{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0x1",false]}'
    )


def test_an_answer_is_its_result_and_its_size() -> None:
    assert parse(b'{"jsonrpc":"2.0","id":1,"result":"0x7"}', "eth_blockNumber") == Answer("0x7", 39)


@pytest.mark.parametrize("body", [b'{"result":null}', b'{"result":null,"error":null}'])
def test_a_null_is_an_answer(body: bytes) -> None:
    assert parse(body).result is None


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (4444, "pruned history unavailable", BlockGoneError),
        (-32000, "old data not available due to pruning", BlockGoneError),
        (-32005, "query returned more than 10000 results", BlockGoneError),
        (-32602, "Log response size exceeded. You can make eth_getLogs requests with ...", BlockGoneError),
        (-32601, "the method eth_getBlockReceipts does not exist/is not available", MissingMethodError),
        (-32004, "Method not supported", MissingMethodError),
        (-32600, "Unsupported method: eth_getBlockReceipts on ETH_MAINNET", MissingMethodError),
        (-32602, "invalid argument 0", MissingMethodError),
        (-32000, "method not found", MissingMethodError),
        (-32000, "eth_getBlockByHash not found", MissingMethodError),
        (-32001, "the method eth_getBlockByHash does not exist/is not available", MissingMethodError),
        (-32604, "Method not enabled", MissingMethodError),
        (
            -32600,
            "The method 'eth_getBlockByHash' is found but the namespace 'Eth' is disabled for http://n:8545.",
            MissingMethodError,
        ),
        (-32000, "header not found", BlockNotFoundError),
        (-32000, "finalized block not found", BlockNotFoundError),
        (-32001, "Unknown block", BlockNotFoundError),
        (-32001, "Requested resource not found", BlockNotFoundError),
        (-39001, "", BlockNotFoundError),
        (-32000, "execution reverted", NodeUnavailableError),
        (-32000, "request timed out", NodeUnavailableError),
        (-32000, "context deadline exceeded", NodeUnavailableError),
        (-32000, "receipts length mismatch: 1 vs 0", NodeUnavailableError),
        (-32002, "request timed out", NodeUnavailableError),
        (-32005, "limit exceeded", NodeUnavailableError),
        (-32007, "50/second request limit reached", NodeUnavailableError),
        (-32016, "over the rate limit", NodeUnavailableError),
        (-32029, "Too Many Requests", NodeUnavailableError),
        (-32603, "internal error", NodeUnavailableError),
        (429, "slow down", NodeUnavailableError),
        (-32601, "rate limit of this method reached", NodeUnavailableError),
        (-32099, "Rate Limit reached", NodeUnavailableError),
        (-32099, "what is this", NodeUnavailableError),
        ("-32601", "a code that is text", MissingMethodError),
        ("E42", "a code that is none", NodeUnavailableError),
        ([], "a code that is none", NodeUnavailableError),
        (True, "a code that is none", NodeUnavailableError),
        (None, None, NodeUnavailableError),
    ],
)
def test_each_error_of_a_node_is_of_its_kind(code: Any, message: Any, kind: type[EthlogsError]) -> None:
    with pytest.raises(kind) as caught:
        parse(error(code, message))
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"node {NODE} answered eth_getBlockByHash with error ")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"code": -32601, "message": "no such method"}, MissingMethodError),
        ({"code": "-39001"}, BlockNotFoundError),
        ({"message": "rate limit"}, NodeUnavailableError),
        ({"message": "header not found"}, BlockNotFoundError),
        ({"code": None}, NodeUnavailableError),
        ("0x08c379a0", NodeUnavailableError),
    ],
)
def test_the_error_that_a_proxy_passes_on_counts(data: Any, kind: type[EthlogsError]) -> None:
    body = {"error": {"code": -32603, "message": "upstream error", "data": data}}
    with pytest.raises(kind) as caught:
        parse(json.dumps(body).encode())
    assert type(caught.value) is kind


@pytest.mark.parametrize("method", ["eth_chainId", "eth_blockNumber"])
def test_no_block_can_be_missing_where_none_is_asked_for(method: str) -> None:
    with pytest.raises(NodeUnavailableError):
        parse(error(-32000, "header not found"), method)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (408, -32603, "Timeout expired", NodeUnavailableError),
        (404, -32601, "Method not found", MissingMethodError),
        (500, -32601, "Method not found", MissingMethodError),
        (500, 4444, "pruned history unavailable", BlockGoneError),
        (403, -32005, "daily request count exceeded", NodeUnavailableError),
        (400, -32000, "header not found", BlockNotFoundError),
        (400, -32099, "what is this", NodeRefusedError),
        (401, -32600, "Must be authenticated!", NodeRefusedError),
        (500, -32099, "what is this", NodeUnavailableError),
    ],
)
def test_json_rpc_under_an_http_error_status_counts_by_its_body(
    status: int, code: int, message: str, kind: type[EthlogsError]
) -> None:
    with pytest.raises(kind, match=rf"error {code} \(HTTP {status}\): ") as caught:
        parse(error(code, message), status=status)
    assert type(caught.value) is kind


def test_a_result_under_an_http_error_status_is_a_result() -> None:
    assert parse(b'{"result":"0x7"}', "eth_blockNumber", 500).result == "0x7"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, NodeRefusedError),
        (401, NodeRefusedError),
        (403, NodeRefusedError),
        (405, NodeRefusedError),
        (413, NodeRefusedError),
        (414, NodeRefusedError),
        (431, NodeRefusedError),
        (307, NodeRefusedError),
        (404, NodeUnavailableError),
        (408, NodeUnavailableError),
        (418, NodeUnavailableError),
        (425, NodeUnavailableError),
        (429, NodeUnavailableError),
        (500, NodeUnavailableError),
        (503, NodeUnavailableError),
        (599, NodeUnavailableError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"message":"no"}', b'{"result'])
def test_each_http_status_without_json_rpc_is_of_its_kind(
    status: int, kind: type[EthlogsError], body: bytes
) -> None:
    with pytest.raises(kind, match=f"HTTP {status}") as caught:
        parse(body, status=status)
    assert type(caught.value) is kind


@pytest.mark.parametrize("body", [b"<html>slow down</html>", error(-32005, "limit exceeded")])
def test_an_answer_that_passes_says_when_to_ask_again(body: bytes) -> None:
    with pytest.raises(NodeUnavailableError) as caught:
        parse_answer(RawAnswer(body, 429, 7.0), "eth_blockNumber", NODE)
    assert caught.value.retry_after_seconds == 7.0


@pytest.mark.parametrize(
    ("method", "result"),
    [
        ("eth_blockNumber", "null"),
        ("eth_blockNumber", '""'),
        ("eth_blockNumber", '"0x"'),
        ("eth_blockNumber", '"0x1_0"'),
        ("eth_blockNumber", '"0x10 "'),
        ("eth_chainId", "7"),
        ("eth_getBlockByNumber", '"0x"'),
        ("eth_getBlockByHash", "[]"),
        ("eth_getBlockReceipts", '""'),
        ("eth_getBlockReceipts", "{}"),
        ("eth_getTransactionReceipt", "false"),
    ],
)
def test_a_result_of_another_form_counts_as_no_answer(method: str, result: str) -> None:
    with pytest.raises(NodeUnavailableError, match=f"answered {method} with .*, not with"):
        parse(f'{{"result":{result}}}'.encode(), method)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "no"},
        {"error": ["no"]},
        {"error": 5},
        {"error": {}},
        {"error": ""},
        {"error": {"message": None}},
        {"error": {"message": {"text": "no"}}},
        {"error": {"code": None, "message": ""}},
        {"error": {"code": {}, "message": []}},
    ],
)
def test_an_error_of_no_form_may_pass(answer: Any) -> None:
    with pytest.raises(NodeUnavailableError, match=r"with error \(no code\): \S"):
        parse(json.dumps(answer).encode())


@pytest.mark.parametrize("nothing", [None, "", {}, [], False, 0])
def test_an_empty_error_beside_a_result_is_none(nothing: Any) -> None:
    body = json.dumps({"error": nothing, "result": "0x7"}).encode()
    assert parse(body, "eth_blockNumber").result == "0x7"


NESTED = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    ("body", "method"),
    [
        (f'{{"result":{NESTED}}}', "eth_chainId"),
        (f'{{"result":{NESTED}}}', "eth_getBlockByNumber"),
        (f'{{"result":{{"a":{NESTED}}}}}', "eth_getBlockReceipts"),
        (f'{{"error":{NESTED}}}', "eth_chainId"),
        (f'{{"error":{{"message":{NESTED}}}}}', "eth_chainId"),
        (f'{{"error":{{"code":{NESTED},"message":"no"}}}}', "eth_chainId"),
        (f'{{"id":{NESTED},"result":"0x1"}}', "eth_chainId"),
        (f'{{"result":{"[" * 100_000}', "eth_chainId"),
    ],
)
def test_an_answer_of_any_depth_may_pass(body: str, method: str) -> None:
    with pytest.raises(NodeUnavailableError) as caught:
        parse(body.encode(), method)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("own", ["1", '"1"', "null"])
def test_an_answer_with_the_requests_id_or_none_counts(own: str) -> None:
    assert parse(f'{{"id":{own},"result":"0x7"}}'.encode(), "eth_blockNumber").result == "0x7"


@pytest.mark.parametrize("other", ["2", '"2"', "0", "[]", "{}", "1.5", "999999999999999999"])
def test_an_answer_to_another_request_does_not_count(other: str) -> None:
    with pytest.raises(NodeUnavailableError, match="of another request"):
        parse(f'{{"id":{other},"result":"0x7"}}'.encode(), "eth_blockNumber")


@pytest.mark.parametrize("words", ["no\x1b[2J\x07", "no\r\nno", "\x00no", "no\u202e", "n\u2028o"])
def test_a_node_does_not_write_to_a_terminal(words: str) -> None:
    with pytest.raises(NodeUnavailableError) as caught:
        parse(error(-32099, words))
    assert str(caught.value).isprintable()


def test_a_code_that_is_a_whole_number_in_another_form_is_that_code() -> None:
    with pytest.raises(MissingMethodError):
        parse(error(-32601.0))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0.0),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("1000000000000", 0.0),
        ("999999999", 60.0),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("7, 8", 0.0),
        ("soon", 0.0),
        ("²", 0.0),
        ("9" * 5000, 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("Fri, 31 Dec 9999 23:59:59 +2400", 0.0),
        ("Mon, 99 Foo 2026", 0.0),
    ],
)
def test_when_to_ask_again_is_read_from_each_form_and_never_far_ahead(text: str, seconds: float) -> None:
    assert read_retry_after(text) == seconds


@pytest.mark.parametrize("location", ["http://[::1", "http://a:99999/", "//[", "http://x]/"])
def test_a_place_that_cannot_be_read_is_said_to_be_such(location: str) -> None:
    assert "cannot be read" in read_location("http://geth:8545/token", location)


def test_a_long_message_of_a_node_is_cut() -> None:
    with pytest.raises(NodeUnavailableError) as caught:
        parse(error(-32099, "x" * 100_000))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("method", "hint"), [("eth_getBlockReceipts", "include eth"), ("debug_getRawHeader", "include debug")]
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
    assert require_quantity(value, "eth_chainId", NODE) == number


@pytest.mark.parametrize(
    "value",
    [
        *(None, 7, "7", "", "0x", "0xg", "-0x1", "0x1" + "0" * 16, {"a": "0x1"}, "0x1_0", "0x10 ", " 0x10"),
        *("0X1", "0x\u0661", "0x1\n", "0x" + "1" * 100_000, [["0x1"]], True, 1.0),
    ],
)
def test_what_is_no_quantity_counts_as_no_answer(value: Any) -> None:
    with pytest.raises(NodeUnavailableError, match=r"answered eth_chainId with .*not with a number"):
        require_quantity(value, "eth_chainId", NODE)
