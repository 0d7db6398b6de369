"""One node out of several URLs: stays on one until that fails, and never mixes chains."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from ethlogs.errors import (
    InterruptedRunError,
    NodeRefusedError,
    NodeUnavailableError,
    SettingsError,
)
from ethlogs.node import Node, NodeIdentity
from ethlogs.settings import NodeSettings
from ethlogs.stop import StopSwitch
from tests.unit.local_node import LocalNode, Reply, chain, local_node, result

HIDDEN = "hunter2"
DOWN = Reply(b"down", status=503)


class ImpatientStop(StopSwitch):
    """Waits no time at all, but keeps what it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.check()


class Client:
    """A node's client with all that it says."""

    def __init__(self, urls: list[str], patience_seconds: float) -> None:
        self.stop = ImpatientStop()
        self.notices: list[str] = []
        self.node = Node(NodeSettings(tuple(urls), 5.0, patience_seconds), self.stop, self.notices.append)


@contextlib.contextmanager
def client_of(*nodes: LocalNode, patience_seconds: float = 60.0) -> Iterator[Client]:
    client = Client([node.url for node in nodes], patience_seconds)
    with contextlib.closing(client.node):
        yield client


@pytest.fixture
def first() -> Iterator[LocalNode]:
    with local_node(chain()) as node:
        yield node


@pytest.fixture
def second() -> Iterator[LocalNode]:
    with local_node(chain(head=8)) as node:
        yield node


def answers_after(failures: int, reply: Reply = DOWN) -> Any:
    """A node that fails so many times, and then serves its chain."""
    left, serve = [reply] * failures, chain()
    return lambda request: left.pop() if left else serve(request)


def test_without_a_url_the_message_says_how_to_give_one() -> None:
    with pytest.raises(SettingsError, match="no node URL is given"):
        Node(NodeSettings(()), StopSwitch(), print)


def test_the_chain_is_asked_for_before_anything_else(first: LocalNode) -> None:
    with client_of(first) as client:
        assert client.node.connect() == NodeIdentity(1, "0xaa") == client.node.identity
        assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert first.methods == ["eth_chainId", "eth_getBlockByNumber", "eth_blockNumber"]
    assert client.notices == []


def test_it_stays_on_the_first_url_while_that_answers(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        assert [client.node.fetch_quantity("eth_blockNumber") for _ in range(3)] == [7, 7, 7]
    assert "eth_blockNumber" not in second.methods


def test_when_a_url_fails_the_next_one_is_asked(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: DOWN
        assert client.node.fetch_quantity("eth_blockNumber") == 8
        assert client.node.name == second.url
        assert client.node.retries == 1
    assert client.notices == [
        f"node {first.url} answered HTTP 503; trying again for up to 60 seconds",
        f"node {first.url} answered HTTP 503; asking {second.url} instead",
    ]


def test_after_the_last_url_comes_the_first_again(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        client.node.switch_from(first.url, "a test")
        second.respond = lambda _request: DOWN
        assert client.node.fetch_quantity("eth_blockNumber") == 7


def test_a_url_that_is_down_at_the_beginning_is_gone_on_without(first: LocalNode, second: LocalNode) -> None:
    first.respond = lambda _request: DOWN
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, "0xaa")
        assert client.node.name == second.url
    assert client.notices == [f"node {first.url} answered HTTP 503; going on without {first.url} for now"]


def test_only_one_url_is_waited_for_at_the_beginning(first: LocalNode) -> None:
    first.respond = answers_after(3)
    with client_of(first) as client:
        assert client.node.connect() == NodeIdentity(1, "0xaa")


@pytest.mark.parametrize("other", [chain(chain_id=5), chain(genesis="0xbb")], ids=["chain id", "genesis"])
def test_urls_of_different_chains_are_refused(first: LocalNode, second: LocalNode, other: Any) -> None:
    second.respond = other
    with client_of(first, second) as client, pytest.raises(SettingsError, match="serve different chains"):
        client.node.connect()


def test_a_url_of_another_chain_is_refused_when_it_comes_up(first: LocalNode, second: LocalNode) -> None:
    second.respond = lambda _request: DOWN
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: DOWN
        second.respond = chain(chain_id=5)
        with pytest.raises(SettingsError, match="has chain id 5"):
            client.node.call("eth_blockNumber")
    assert "eth_blockNumber" not in second.methods


def test_a_url_that_comes_back_as_another_chains_node_is_refused(first: LocalNode) -> None:
    with client_of(first) as client:
        client.node.connect()
        left, other = [DOWN], chain(chain_id=5)
        first.respond = lambda request: left.pop() if left else other(request)
        with pytest.raises(SettingsError, match="has chain id 5"):
            client.node.call("eth_blockNumber")


def test_the_case_of_a_genesis_hash_makes_no_other_chain(first: LocalNode, second: LocalNode) -> None:
    second.respond = chain(genesis="0xAA")
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, "0xaa")


def test_one_url_is_asked_as_late_as_it_wants_to_be(first: LocalNode) -> None:
    with client_of(first) as client:
        client.node.connect()
        first.respond = answers_after(1, Reply(status=429, headers=(("Retry-After", "7"),)))
        assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert client.stop.waits == [7.0]


def test_a_rate_limit_of_one_url_does_not_delay_the_next(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: Reply(status=429, headers=(("Retry-After", "60"),))
        client.node.call("eth_blockNumber")
    assert max(client.stop.waits) < 1


def test_patience_with_a_node_ends(first: LocalNode) -> None:
    with client_of(first, patience_seconds=0.0) as client:
        client.node.connect()
        first.respond = lambda _request: DOWN
        with pytest.raises(NodeUnavailableError, match="HTTP 503; no answer for 0 seconds") as caught:
            client.node.call("eth_blockNumber")
    assert "--node-url" in (caught.value.hint or "")


def test_a_refusal_is_not_asked_again(first: LocalNode) -> None:
    with client_of(first) as client:
        client.node.connect()
        first.respond = lambda _request: Reply(status=401)
        with pytest.raises(NodeRefusedError, match="HTTP 401"):
            client.node.call("eth_blockNumber")
    assert first.methods.count("eth_blockNumber") == 1
    assert client.stop.waits == []


def test_when_a_url_refuses_the_next_one_is_asked(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: Reply(b"<html>log in, please</html>")
        assert [client.node.fetch_quantity("eth_blockNumber") for _ in range(2)] == [8, 8]
        assert client.node.name == second.url
    assert [notice for notice in client.notices if "instead" in notice] == [
        f"node {first.url} answered with an HTML page, not with JSON-RPC; asking {second.url} instead"
    ]


def test_when_every_url_refuses_it_ends(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = second.respond = lambda _request: Reply(status=403)
        with pytest.raises(NodeRefusedError, match="HTTP 403"):
            client.node.call("eth_blockNumber")
    assert client.stop.waits == []


def test_a_url_that_refuses_at_the_beginning_is_gone_on_without(first: LocalNode, second: LocalNode) -> None:
    first.respond = lambda _request: Reply(status=401)
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, "0xaa")
        assert client.node.name == second.url
    assert client.notices == [
        f"node {first.url} refuses access (HTTP 401); going on without {first.url} for now"
    ]


def test_a_request_to_stop_ends_the_waiting(first: LocalNode) -> None:
    first.respond = lambda _request: DOWN
    with client_of(first) as client:
        client.stop.request(15, "asked to")
        with pytest.raises(InterruptedRunError):
            client.node.connect()


@pytest.mark.parametrize("genesis", [None, "0xaa", {}, {"hash": None}])
def test_a_node_that_does_not_give_its_genesis_counts_as_down(first: LocalNode, genesis: Any) -> None:
    serve = chain()
    body = result(genesis)
    first.respond = lambda request: body if request["method"] == "eth_getBlockByNumber" else serve(request)
    with (
        client_of(first, patience_seconds=0.0) as client,
        pytest.raises(NodeUnavailableError, match="does not give its genesis block"),
    ):
        client.node.connect()


def test_only_the_url_that_failed_is_left(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        assert client.node.switch_from(first.url, "one thread saw it fail")
        assert client.node.switch_from(first.url, "another thread saw it fail")
        assert client.node.name == second.url


def test_a_single_url_cannot_be_left(first: LocalNode) -> None:
    with client_of(first) as client:
        assert not client.node.switch_from(first.url, "it fails")
        assert client.node.name == first.url


def test_two_urls_of_one_host_are_told_apart_without_their_secrets(first: LocalNode) -> None:
    urls = [f"{first.url}/{HIDDEN}1", f"{first.url}/{HIDDEN}2"]
    client = Client(urls, 60.0)
    with contextlib.closing(client.node):
        client.node.connect()
        left = client.node.name
        assert left == f"{first.url}/… (1)"
        client.node.switch_from(left, "one thread saw it fail")
        client.node.switch_from(left, "another thread saw it fail")
        assert client.node.name == f"{first.url}/… (2)"
    assert client.notices == [f"one thread saw it fail; asking {first.url}/… (2) instead"]
