"""One node out of several URLs: stays on one until that fails, and never mixes chains."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import (
    BlockGoneError,
    InterruptedRunError,
    NodeRefusedError,
    NodeUnavailableError,
    SettingsError,
)
from ethlogs.node import Node, NodeIdentity
from ethlogs.run.waiting import Waiting
from ethlogs.settings import NodeSettings
from tests.harness.lying_node import LyingNode
from tests.harness.lying_node import Reply as LyingReply
from tests.unit.certificates import make_certificate
from tests.unit.local_node import GENESIS, LocalNode, Reply, chain, failure, local_node, result

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

    @classmethod
    def of(cls, settings: NodeSettings) -> Client:
        """With its own settings."""
        client = cls(list(settings.urls), settings.patience_seconds)
        client.node = Node(settings, client.stop, client.notices.append)
        return client


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


def test_a_call_that_is_tried_again_ends_where_the_client_is_closed_meanwhile() -> None:
    with local_node(lambda _request: DOWN) as node, client_of(node) as client:
        with (
            mock.patch.object(client.stop, "pause", lambda _seconds: client.node.close()),
            pytest.raises(NodeUnavailableError, match="503"),
        ):
            client.node.call("eth_blockNumber")
        assert len(node.requests) == 2


def test_without_a_url_the_message_says_how_to_give_one() -> None:
    with pytest.raises(SettingsError, match="no node URL is given"):
        Node(NodeSettings(()), StopSwitch(), print)


def test_the_chain_is_asked_for_before_anything_else(first: LocalNode) -> None:
    with client_of(first) as client:
        assert client.node.connect() == NodeIdentity(1, GENESIS) == client.node.identity
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


def test_a_run_begins_without_a_url_that_is_down(first: LocalNode, second: LocalNode) -> None:
    first.respond = lambda _request: DOWN
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, GENESIS)
        assert client.node.name == second.url
    assert client.notices == [f"node {first.url} answered HTTP 503; continuing without {first.url} for now"]


def test_only_one_url_is_waited_for_at_the_beginning(first: LocalNode) -> None:
    first.respond = answers_after(3)
    with client_of(first) as client:
        assert client.node.connect() == NodeIdentity(1, GENESIS)


OTHER_CHAINS = [chain(chain_id=5), chain(genesis="0x" + "bb" * 32)]


@pytest.mark.parametrize("other", OTHER_CHAINS, ids=["chain id", "genesis"])
def test_a_url_of_another_chain_is_left_out_loudly(first: LocalNode, second: LocalNode, other: Any) -> None:
    second.respond = other
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, GENESIS)
        assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert len(client.notices) == 1
    assert client.notices[0].startswith(f"warning: node {second.url} has chain id ")
    assert client.notices[0].endswith(f"{second.url} is left out")


def test_a_url_of_another_chain_is_left_out_when_it_comes_up(first: LocalNode, second: LocalNode) -> None:
    second.respond = lambda _request: DOWN
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = answers_after(6)
        second.respond = chain(chain_id=5)
        assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert "eth_blockNumber" not in second.methods
    assert len([notice for notice in client.notices if "is left out" in notice]) == 1


def test_a_url_of_another_chain_is_used_once_it_is_of_the_right_one(
    first: LocalNode, second: LocalNode
) -> None:
    second.respond = chain(chain_id=5)
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: DOWN
        second.respond = chain(head=8)
        assert client.node.fetch_quantity("eth_blockNumber") == 8


def test_a_url_that_comes_back_as_another_chains_node_is_refused_once_it_stays_so(first: LocalNode) -> None:
    with client_of(first) as client:
        client.node.connect()
        left, other = [DOWN], chain(chain_id=5)
        first.respond = lambda request: left.pop() if left else other(request)
        with pytest.raises(SettingsError, match="has chain id 5"):
            client.node.call("eth_blockNumber")
    assert first.methods.count("eth_chainId") > 2


def test_one_answer_of_another_chain_does_not_refuse_a_url(first: LocalNode) -> None:
    """One of several members behind it may be wrong."""
    with client_of(first) as client:
        client.node.connect()
        other, serve = chain(chain_id=5), chain()
        script = [lambda _request: DOWN, other, other]
        first.respond = lambda request: (script.pop(0) if script else serve)(request)
        assert client.node.fetch_quantity("eth_blockNumber") == 7


def test_the_case_of_a_genesis_hash_makes_no_other_chain(first: LocalNode, second: LocalNode) -> None:
    second.respond = chain(genesis="0x" + "AA" * 32)
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, GENESIS)


def test_one_url_is_asked_as_late_as_it_wants_to_be(first: LocalNode) -> None:
    with client_of(first) as client:
        client.node.connect()
        first.respond = answers_after(1, Reply(status=429, headers=(("Retry-After", "7"),)))
        assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert len(client.stop.waits) == 1
    assert 6.0 < client.stop.waits[0] <= 7.0


def test_a_rate_limit_of_one_url_does_not_delay_the_next(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: Reply(status=429, headers=(("Retry-After", "60"),))
        client.node.call("eth_blockNumber")
    assert max(client.stop.waits) < 1


def test_a_url_is_not_asked_before_the_time_that_it_named_while_another_one_is_there(
    first: LocalNode, second: LocalNode
) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: Reply(status=429, headers=(("Retry-After", "60"),))
        asked, second.respond = len(first.requests), answers_after(3, DOWN)
        assert client.node.fetch_quantity("eth_blockNumber") == 7
        assert len(first.requests) == asked + 1
    assert max(client.stop.waits) <= 5.0


def test_of_several_urls_that_name_a_time_the_first_to_end_is_waited_for(
    first: LocalNode, second: LocalNode
) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: Reply(status=429, headers=(("Retry-After", "60"),))
        second.respond = answers_after(1, Reply(status=503, headers=(("Retry-After", "20"),)))
        assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert 19.0 < client.stop.waits[-1] <= 20.0


def test_a_new_stream_is_refused_where_the_urls_serve_several_chains(
    first: LocalNode, second: LocalNode
) -> None:
    second.respond = chain(chain_id=5)
    with client_of(first, second) as client:
        client.node.connect()
        with pytest.raises(SettingsError, match=r"the node URLs serve several: .* has chain id 5"):
            client.node.require_one_chain()


def test_a_new_stream_says_once_which_url_could_not_be_asked_for_its_chain(
    first: LocalNode, second: LocalNode
) -> None:
    first.respond = lambda _request: DOWN
    with client_of(first, second) as client:
        client.node.connect()
        client.notices.clear()
        client.node.require_one_chain()
        client.node.require_one_chain()
    assert len(client.notices) == 1
    (notice,) = client.notices
    assert f"is bound to chain id 1, genesis {GENESIS}, as {second.url} serves it" in notice
    assert f"{first.url} could not be asked" in notice


def test_a_stream_waits_for_a_url_of_its_chain_while_one_of_another_chain_answers(
    first: LocalNode, second: LocalNode
) -> None:
    first.respond, second.respond = (lambda _request: DOWN), chain(chain_id=5)
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(5, GENESIS)
        first.respond = answers_after(4)
        assert client.node.bind(NodeIdentity(1, GENESIS)) == client.node.identity == NodeIdentity(1, GENESIS)
        assert client.node.fetch_quantity("eth_blockNumber") == 7
        assert client.node.name == first.url
    assert "eth_blockNumber" not in second.methods


def test_a_stream_is_refused_where_every_url_serves_another_chain(
    first: LocalNode, second: LocalNode
) -> None:
    first.respond, second.respond = chain(chain_id=5), chain(chain_id=6)
    with client_of(first, second) as client:
        client.node.connect()
        with pytest.raises(SettingsError, match="the chain in use has chain id 1"):
            client.node.bind(NodeIdentity(1, GENESIS))


def test_a_new_stream_says_nothing_where_every_url_serves_the_chain(
    first: LocalNode, second: LocalNode
) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        client.node.require_one_chain()
    assert client.notices == []


def test_patience_with_a_node_ends(first: LocalNode) -> None:
    with client_of(first, patience_seconds=0.001) as client:
        client.node.connect()
        first.respond = lambda _request: DOWN
        with pytest.raises(NodeUnavailableError, match=r"HTTP 503; no answer for 0\.001 seconds") as caught:
            client.node.call("eth_blockNumber")
    assert "--node-url" in (caught.value.hint or "")


def test_a_url_that_never_worked_is_refused_at_once(first: LocalNode) -> None:
    with client_of(first) as client:
        first.respond = lambda _request: Reply(status=401)
        with pytest.raises(NodeRefusedError, match="HTTP 401"):
            client.node.connect()
    assert first.methods == ["eth_chainId"]
    assert client.stop.waits == []


WRONG_ANSWERS = {
    "403": Reply(status=403),
    "404": Reply(status=404),
    "400": Reply(status=400),
    "a page": Reply(b"<html>log in, please</html>"),
    "null": result(None),
    "an empty text": result(""),
    "0x": result("0x"),
    "an unknown error": failure(-32099, "what is this"),
    "a missing method": failure(-32601, "the method does not exist/is not available"),
    "no block": failure(-32000, "header not found"),
}


@pytest.mark.parametrize("reply", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_what_has_worked_before_is_asked_again(first: LocalNode, reply: Reply) -> None:
    with client_of(first) as client:
        client.node.connect()
        client.node.fetch_quantity("eth_blockNumber")
        first.respond = answers_after(3, reply)
        assert client.node.fetch_quantity("eth_blockNumber") == 7
        assert client.node.retries == 3


def test_patience_belongs_to_one_trouble(first: LocalNode) -> None:
    """The patience of a trouble begins with it, however much there was before."""
    with client_of(first) as client:
        client.node.connect()
        waits = []
        for _ in range(3):
            first.respond = answers_after(2)
            client.node.fetch_quantity("eth_blockNumber")
            waits.append(len(client.stop.waits))
            first_wait = client.stop.waits[-2]
            assert first_wait <= 0.2
    assert waits == [2, 4, 6]


def test_a_block_that_is_gone_is_asked_for_some_times_and_of_every_url(
    first: LocalNode, second: LocalNode
) -> None:
    pruned = failure(4444, "pruned history unavailable")
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = second.respond = lambda _request: pruned
        with pytest.raises(BlockGoneError):
            client.node.call("eth_getBlockReceipts", "0x1")
    asked = first.methods + second.methods
    assert asked.count("eth_getBlockReceipts") >= 4


def test_a_method_that_one_url_lacks_is_asked_of_the_next(first: LocalNode, second: LocalNode) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: failure(-32601, "no")
        second.respond = lambda _request: result([])
        assert client.node.call("eth_getBlockReceipts", "0x1").result == []


@pytest.mark.parametrize("header", ["0x", {}, {"number": None}, {"number": "0x1_0"}, {"number": 7}])
def test_a_tags_block_without_a_height_is_asked_for_again(first: LocalNode, header: Any) -> None:
    with client_of(first) as client:
        client.node.connect()
        serve, left = chain(), [result({"number": "0x7"}), result(header), result(header)]
        first.respond = lambda request: left.pop() if request["params"][:1] == ["safe"] else serve(request)
        assert client.node.fetch_height("safe") == 7


def test_a_tag_that_is_not_set_has_no_height(first: LocalNode) -> None:
    serve = chain()
    with client_of(first) as client:
        client.node.connect()
        first.respond = lambda request: result(None) if request["params"][:1] == ["safe"] else serve(request)
        assert client.node.fetch_height("safe") is None


def test_a_call_that_is_made_once_neither_waits_nor_leaves_the_url(
    first: LocalNode, second: LocalNode
) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = lambda _request: DOWN
        with pytest.raises(NodeUnavailableError):
            client.node.call_once("eth_getBlockByNumber", "finalized", False)
        assert client.node.name == first.url
    assert client.stop.waits == []
    assert client.notices == []


def test_the_limit_of_the_first_contact_is_said(first: LocalNode) -> None:
    first.respond = answers_after(2)
    with client_of(first, patience_seconds=300.0) as client:
        client.node.connect()
    assert client.notices[0].endswith(
        "trying again for up to 30 seconds: --patience counts once the node has answered"
    )


def test_a_run_whose_node_has_answered_an_earlier_attempt_has_all_the_patience(first: LocalNode) -> None:
    first.respond = answers_after(2)
    notices: list[str] = []
    settings = NodeSettings((first.url,), 5.0, 300.0)
    with contextlib.closing(Node(settings, ImpatientStop(), notices.append, has_answered=True)) as node:
        node.connect()
    assert notices[0].endswith("trying again for up to 300 seconds")


def test_a_node_that_never_answered_is_named_with_every_url_and_the_machine_that_asked(
    first: LocalNode, second: LocalNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ethlogs.node.client.FIRST_CONTACT_SECONDS", 0.0)
    first.respond = second.respond = lambda _request: DOWN
    with client_of(first, second) as client, pytest.raises(NodeUnavailableError) as caught:
        client.node.connect()
    assert first.url in str(caught.value)
    assert second.url in str(caught.value)
    assert str(caught.value).endswith(f", asked from {socket.gethostname()}")
    assert caught.value.hint == "is the node running, is --node-url right, and can that machine reach it?"


def test_urls_that_are_all_away_are_named_once_each_however_long_they_are_asked_in_turn(
    first: LocalNode, second: LocalNode
) -> None:
    with client_of(first, second) as client:
        client.node.connect()
        first.respond = second.respond = answers_after(20)
        client.node.fetch_quantity("eth_blockNumber")
    assert len(client.stop.waits) == 20
    assert [notice for notice in client.notices if "instead" in notice] == [
        f"node {first.url} answered HTTP 503; asking {second.url} instead",
        f"node {second.url} answered HTTP 503; asking {first.url} instead",
    ]


def test_what_a_call_waits_for_can_be_seen_while_it_is_tried_again(first: LocalNode) -> None:
    seen: list[Waiting | None] = []

    class Looking(ImpatientStop):
        """Looks while the call pauses. The trouble is made older: a real one would have to be waited for."""

        def pause(self, seconds: float) -> None:
            (trouble,) = node._troubles
            trouble.backoff._since = time.monotonic() - 20
            seen.append(node.waiting)
            super().pause(seconds)

    node = Node(NodeSettings((first.url,), 5.0, 60.0), Looking(), lambda _notice: None)
    with contextlib.closing(node):
        node.connect()
        first.respond = answers_after(1)
        node.fetch_quantity("eth_blockNumber")
        assert node.waiting is None
    (waiting,) = seen
    assert waiting is not None
    assert waiting.why.startswith(f"node {first.url} ")
    assert round(waiting.until - waiting.since) == 60


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
        first.respond = second.respond = lambda _request: Reply(status=403)
        with pytest.raises(NodeRefusedError, match="HTTP 403"):
            client.node.connect()
    assert client.stop.waits == []


def test_a_run_begins_without_a_url_that_refuses(first: LocalNode, second: LocalNode) -> None:
    first.respond = lambda _request: Reply(status=401)
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, GENESIS)
        assert client.node.name == second.url
    assert client.notices == [
        f"node {first.url} refuses access (HTTP 401); continuing without {first.url} for now"
    ]


def test_a_request_to_stop_ends_the_waiting(first: LocalNode) -> None:
    first.respond = lambda _request: DOWN
    with client_of(first) as client:
        client.stop.request(15, "asked to")
        with pytest.raises(InterruptedRunError):
            client.node.connect()


def test_a_url_without_a_genesis_block_is_left_out_where_another_works(
    first: LocalNode, second: LocalNode
) -> None:
    serve, pruned = chain(), failure(4444, "pruned history unavailable")
    first.respond = lambda request: pruned if request["method"].endswith("ByNumber") else serve(request)
    with client_of(first, second) as client:
        assert client.node.connect() == NodeIdentity(1, GENESIS)
        assert client.node.fetch_quantity("eth_blockNumber") == 8
    assert client.notices == [
        f"node {first.url} does not give its genesis block; continuing without {first.url} for now"
    ]


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


# ---------------------------------------------------------------- over https, with a real certificate


@pytest.fixture
def secured(first: LocalNode, tmp_path: Path) -> Iterator[tuple[LyingNode, Client]]:
    both, ca_file = make_certificate(tmp_path)
    with LyingNode(first.url, both) as node:
        settings = NodeSettings((node.url,), 1.0, 60.0, str(ca_file))
        client = Client.of(settings)
        with contextlib.closing(client.node):
            client.node.connect()
            yield node, client


@pytest.mark.parametrize(
    "reply",
    [
        LyingReply(200, trickled=True),
        LyingReply(200, b'{"jsonrpc', withheld=100),
        LyingReply(429, b"slow down", {"Retry-After": "1"}),
        LyingReply.rpc_error(-32603, "Timeout expired", status=408),
        LyingReply.rpc_error(-32768, "a code that nobody knows"),
        LyingReply(403),
    ],
    ids=["headers trickle", "cut off", "429", "408", "unknown code", "403"],
)
def test_what_may_pass_is_waited_out_over_https(secured: tuple[LyingNode, Client], reply: LyingReply) -> None:
    node, client = secured
    node.always(reply, times=2)
    assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert client.node.retries == 2


def test_a_tls_endpoint_that_is_replaced_is_waited_for(secured: tuple[LyingNode, Client]) -> None:
    node, client = secured
    node.cuts_handshakes = True
    node.cut_connections()
    pause = client.stop.pause

    def heal_at_the_third_wait(seconds: float) -> None:
        pause(seconds)
        node.cuts_handshakes = len(client.stop.waits) < 3

    client.stop.pause = heal_at_the_third_wait  # type: ignore[method-assign]
    assert client.node.fetch_quantity("eth_blockNumber") == 7
    assert client.node.retries == 3
    assert any("TLS connection" in notice or "cannot be reached" in notice for notice in client.notices)
