"""A subscription to new heads, at a fake node that says what a real one cannot be made to."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from ethlogs.errors import MissingMethodError, NodeError, NodeRefusedError, NodeUnavailableError
from ethlogs.node import answer_size
from ethlogs.node.new_heads import NewHeads, subscribe_heads
from ethlogs.node.transport import open_transport
from ethlogs.settings import NodeSettings
from tests.unit.local_node import chain, local_node
from tests.unit.web_socket_node import Respond, WebSocketNode, answer, refusal, web_socket_node

NOTIFICATION = json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": {"result": {}}})


def subscribe(url: str) -> NewHeads | None:
    return subscribe_heads(open_transport(url, NodeSettings((url,))), "the node", 10.0)


@contextlib.contextmanager
def subscribed(respond: Respond) -> Iterator[tuple[WebSocketNode, NewHeads]]:
    """A fake node, and a subscription to its new heads."""
    with web_socket_node(respond) as node:
        heads = subscribe(node.url)
        assert heads is not None
        with contextlib.closing(heads):
            yield node, heads


def test_a_notification_is_the_hint_to_look() -> None:
    def respond(connection: ServerConnection, request: Any) -> None:
        answer("0xcd")(connection, request)
        connection.send(NOTIFICATION)

    with subscribed(respond) as (node, heads):
        assert [heads.wait(10.0), heads.wait(0.05)] == [True, False]
    assert node.requests == [{"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}]


def test_a_notification_that_comes_as_the_wait_ends_is_heard_by_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Blocks come in even intervals, and so do the ends of a wait that began with a block."""

    def end_of_time() -> float:
        monkeypatch.undo()
        raise TimeoutError("timed out")

    with subscribed(answer("0xcd")) as (node, heads):
        monkeypatch.setattr(answer_size, "remaining_seconds", end_of_time)
        node.connections[0].send(NOTIFICATION)
        assert [heads.wait(10.0), heads.wait(10.0), heads.wait(0.05)] == [False, True, False]


def test_a_notification_before_the_subscriptions_answer_is_not_taken_for_it() -> None:
    """Some servers begin to send before they have answered."""

    def respond(connection: ServerConnection, request: Any) -> None:
        connection.send(NOTIFICATION)
        answer("0xcd")(connection, request)
        connection.send(NOTIFICATION)

    with subscribed(respond) as (_, heads):
        assert [heads.wait(10.0), heads.wait(0.05)] == [True, False]


def test_over_http_a_node_sends_nothing_by_itself() -> None:
    with local_node(chain()) as node:
        assert subscribe(node.url) is None
        assert node.requests == []


def error(code: int, message: str) -> Respond:
    text = json.dumps({"id": 1, "error": {"code": code, "message": message}})
    return lambda connection, _request: connection.send(text)


@pytest.mark.parametrize(
    ("respond", "kind"),
    [
        (error(-32601, "notifications not supported"), MissingMethodError),
        (error(-32005, "too many subscriptions"), NodeUnavailableError),
        (answer(None), NodeUnavailableError),
        (answer({"id": 7}), NodeUnavailableError),
    ],
)
def test_a_node_that_does_not_subscribe_a_client_is_judged_as_in_every_call(
    respond: Respond, kind: type[NodeError]
) -> None:
    with web_socket_node(respond) as node, pytest.raises(kind):
        subscribe(node.url)


def test_a_refused_handshake_is_judged_as_in_every_call() -> None:
    with web_socket_node(answer("0xcd"), refusal(401)) as node, pytest.raises(NodeRefusedError, match="401"):
        subscribe(node.url)


def test_a_lost_connection_is_one_that_may_be_made_again() -> None:
    def respond(connection: ServerConnection, request: Any) -> None:
        answer("0xcd")(connection, request)
        connection.close_socket()

    with (
        subscribed(respond) as (_, heads),
        pytest.raises(NodeUnavailableError, match="closed the connection"),
    ):
        while True:
            heads.wait(10.0)
