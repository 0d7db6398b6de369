"""One node URL: what has worked there is never refused for good by one answer."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from ethlogs.errors import (
    BlockGoneError,
    EthlogsError,
    MissingMethodError,
    NodeRefusedError,
    NodeUnavailableError,
)
from ethlogs.node.endpoint import Endpoint, NodeIdentity
from ethlogs.settings import NodeSettings
from tests.unit.local_node import GENESIS, LocalNode, Reply, chain, failure, local_node, result
from tests.unit.web_socket_node import answer, refusal, web_socket_node

PAGE = Reply(b"<html>log in, please</html>")
REFUSALS = [Reply(status=400), Reply(status=401), Reply(status=403), Reply(status=307), PAGE, Reply(b"{}")]
HASH = "0x" + "ab" * 32
TOKEN = "a-token-of-hunter2"


@pytest.fixture
def node() -> Iterator[LocalNode]:
    with local_node(chain()) as served:
        yield served


@contextlib.contextmanager
def endpoint_of(node: LocalNode) -> Iterator[Endpoint]:
    with contextlib.closing(Endpoint(node.url, "the node", NodeSettings((node.url,)))) as endpoint:
        yield endpoint


def kind_of_error(endpoint: Endpoint, method: str, *params: Any) -> type[EthlogsError]:
    with pytest.raises(EthlogsError) as caught:
        endpoint.call(method, *params)
    return type(caught.value)


@pytest.mark.parametrize("reply", REFUSALS)
def test_a_url_that_never_worked_is_refused_at_once(node: LocalNode, reply: Reply) -> None:
    node.respond = lambda _request: reply
    with endpoint_of(node) as endpoint:
        assert kind_of_error(endpoint, "eth_blockNumber") is NodeRefusedError


@pytest.mark.parametrize("reply", REFUSALS)
def test_a_url_that_has_worked_is_not_refused_by_an_answer(node: LocalNode, reply: Reply) -> None:
    with endpoint_of(node) as endpoint:
        endpoint.call("eth_chainId")
        node.respond = lambda _request: reply
        assert kind_of_error(endpoint, "eth_blockNumber") is NodeUnavailableError


@pytest.mark.parametrize("code", [-32601, -32602, -32004])
def test_a_method_is_missing_until_it_has_worked(node: LocalNode, code: int) -> None:
    with endpoint_of(node) as endpoint:
        endpoint.call("eth_chainId")
        node.respond = lambda _request: failure(code, "no")
        assert kind_of_error(endpoint, "eth_getBlockReceipts", "0x1") is MissingMethodError
        node.respond = lambda _request: result([])
        endpoint.call("eth_getBlockReceipts", "0x1")
        node.respond = lambda _request: failure(code, "no")
        assert kind_of_error(endpoint, "eth_getBlockReceipts", "0x2") is NodeUnavailableError


@pytest.mark.parametrize("has_subscribed", [True, False])
def test_subscribing_is_refused_until_it_has_worked(*, has_subscribed: bool) -> None:
    """A run would ask a URL for heads until its end, since one member behind it does not push them."""
    with (
        web_socket_node(answer("0xcd")) as node,
        contextlib.closing(Endpoint(node.url, "the node", NodeSettings((node.url,)))) as endpoint,
    ):
        endpoint.call("eth_chainId")
        if has_subscribed:
            heads = endpoint.subscribe_heads()
            assert heads is not None
            heads.close()
        for node.refusal, node.respond in (
            (refusal(401), answer("0xcd")),
            (None, lambda connection, _: connection.send(failure(-32601, "no").body.decode())),
        ):
            with pytest.raises(NodeUnavailableError if has_subscribed else NodeRefusedError):
                endpoint.subscribe_heads()


def test_a_method_that_works_by_height_may_be_missing_by_hash(node: LocalNode) -> None:
    with endpoint_of(node) as endpoint:
        node.respond = lambda _request: result([])
        endpoint.call("eth_getBlockReceipts", "0x1")
        node.respond = lambda _request: failure(-32602, "hex number > 64 bits")
        assert kind_of_error(endpoint, "eth_getBlockReceipts", HASH) is MissingMethodError


def test_a_null_does_not_show_that_a_method_works(node: LocalNode) -> None:
    with endpoint_of(node) as endpoint:
        node.respond = lambda _request: result(None)
        endpoint.call("eth_getBlockReceipts", "0x1")
        node.respond = lambda _request: failure(-32601, "no")
        assert kind_of_error(endpoint, "eth_getBlockReceipts", "0x1") is MissingMethodError


def test_a_block_that_is_gone_is_gone_on_a_url_that_has_worked(node: LocalNode) -> None:
    with endpoint_of(node) as endpoint:
        endpoint.call("eth_chainId")
        node.respond = lambda _request: failure(4444, "pruned history unavailable")
        assert kind_of_error(endpoint, "eth_getBlockReceipts", "0x1") is BlockGoneError


@pytest.mark.parametrize(
    "genesis",
    [
        result(None),
        result({}),
        result({"hash": None}),
        result({"hash": "0x"}),
        result({"hash": "0xaa", "number": "0x0"}),
        result({"hash": "0x" + "g" * 64}),
        result({"hash": ["0x" + "aa" * 32]}),
        failure(-32000, "block not found"),
        failure(4444, "pruned history unavailable"),
    ],
)
def test_a_node_without_its_genesis_block_counts_as_down(node: LocalNode, genesis: Reply) -> None:
    serve = chain()
    node.respond = lambda request: genesis if request["method"].endswith("ByNumber") else serve(request)
    with (
        endpoint_of(node) as endpoint,
        pytest.raises(NodeUnavailableError, match="does not give its genesis block") as caught,
    ):
        endpoint.fetch_identity()
    assert "block 0" in (caught.value.hint or "")


def test_a_node_that_has_pruned_its_genesis_block_is_known_by_the_header_of_it(node: LocalNode) -> None:
    serve, pruned = chain(), failure(4444, "pruned history unavailable")
    header = result({"hash": GENESIS, "number": "0x0"})
    answers = {"eth_getBlockByNumber": pruned, "eth_getHeaderByNumber": header}
    node.respond = lambda request: answers.get(request["method"]) or serve(request)
    with endpoint_of(node) as endpoint:
        assert endpoint.fetch_identity() == NodeIdentity(1, GENESIS)


def test_a_node_that_has_pruned_its_genesis_block_and_gives_no_headers_counts_as_down(
    node: LocalNode,
) -> None:
    serve, pruned = chain(), failure(4444, "pruned history unavailable")
    unknown = failure(-32601, "the method eth_getHeaderByNumber does not exist/is not available")
    answers = {"eth_getBlockByNumber": pruned, "eth_getHeaderByNumber": unknown}
    node.respond = lambda request: answers.get(request["method"]) or serve(request)
    with (
        endpoint_of(node) as endpoint,
        pytest.raises(NodeUnavailableError, match="does not give its genesis block"),
    ):
        endpoint.fetch_identity()


def test_what_is_asked_at_once_is_answered_in_order_up_to_the_first_null(node: LocalNode) -> None:
    calls = [("eth_chainId",), ("eth_getBlockByNumber", "0x9", False), ("eth_blockNumber",)]
    node.respond = lambda request: result({"eth_chainId": "0x1"}.get(request["method"]))
    with endpoint_of(node) as endpoint:
        assert [answer.result for answer in endpoint.call_all(calls)] == ["0x1", None]


def test_the_first_answer_that_is_an_error_counts(node: LocalNode) -> None:
    answers = {"eth_chainId": failure(-32601, "no such method"), "eth_blockNumber": Reply(status=401)}
    node.respond = lambda request: answers[request["method"]]
    with endpoint_of(node) as endpoint, pytest.raises(MissingMethodError):
        endpoint.call_all([("eth_chainId",), ("eth_blockNumber",)])


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (f"/v3/{TOKEN}", ()),
        (f"/rpc?chain=1&key={TOKEN}", ()),
        ("/", (("Authorization", f"Bearer {TOKEN}"),)),
        ("/", (("X-Api-Key", TOKEN),)),
    ],
)
@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_secret_that_an_answer_repeats_is_in_no_message(
    node: LocalNode, url: str, headers: tuple[tuple[str, str], ...], status: int
) -> None:
    node.respond = lambda _request: Reply(failure(-32099, f"no project with the key {TOKEN}").body, status)
    settings = NodeSettings((node.url + url,), headers=headers)
    with (
        contextlib.closing(Endpoint(node.url + url, "the node", settings)) as endpoint,
        pytest.raises(EthlogsError, match="no project with the key …") as caught,
    ):
        endpoint.call("eth_chainId")
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
