"""JSON-RPC over WebSocket, over real sockets."""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.frames import Close, Frame, Opcode
from websockets.sync.server import ServerConnection

from ethlogs.errors import NodeError, NodeRefusedError, NodeUnavailableError
from ethlogs.node import answer_size
from ethlogs.node.deadline import DeadlineSocket, deadline
from ethlogs.node.rpc import RawAnswer, build_request, parse_answer
from ethlogs.node.web_socket_transport import WebSocketTransport
from ethlogs.settings import NodeSettings
from tests.unit.certificates import make_certificate
from tests.unit.http_proxy import http_proxy
from tests.unit.local_node import Reply, local_node
from tests.unit.tcp_server import tcp_server
from tests.unit.web_socket_node import Respond, answer, refusal, web_socket_node

REQUEST = build_request("eth_blockNumber", ())
OTHER = build_request("eth_chainId", ())
HIDDEN = "hunter2"


@contextlib.contextmanager
def web_socket(url: str, timeout_seconds: float = 10.0, **more: Any) -> Iterator[WebSocketTransport]:
    settings = NodeSettings((url,), timeout_seconds, **more)
    with contextlib.closing(WebSocketTransport(url, settings)) as transport:
        yield transport


def ask(url: str, timeout_seconds: float = 10.0, **more: Any) -> Any:
    with web_socket(url, timeout_seconds, **more) as transport:
        return parse_answer(transport.send(REQUEST), "eth_blockNumber", url).result


def test_an_answer_larger_than_a_frame_of_the_librarys_default_comes_back_whole() -> None:
    large = "0x" + "12" * (3 << 20)
    with web_socket_node(answer(large)) as node, web_socket(node.url) as transport:
        assert len(transport.send(REQUEST).body) > 6 << 20


def test_an_answer_in_pieces_comes_back_whole() -> None:
    def respond(connection: ServerConnection, _request: Any) -> None:
        connection.send(iter(['{"id": 1, ', '"result": ', '"0x7"}']))

    with web_socket_node(respond) as node:
        assert ask(node.url) == "0x7"


def test_a_connection_is_used_again_and_pings_in_between_are_answered() -> None:
    pongs: list[threading.Event] = []

    def respond(connection: ServerConnection, request: Any) -> None:
        answer("0x7")(connection, request)
        pongs.append(connection.ping())

    with web_socket_node(respond) as node, web_socket(node.url) as transport:
        for _ in range(3):
            transport.send(REQUEST)
        assert pongs[0].wait(10)
        assert len(node.connections) == 1


def test_a_node_works_on_several_requests_at_once() -> None:
    """The answer to the first one comes only after the second one has."""
    both = threading.Barrier(2, timeout=10)

    def respond(connection: ServerConnection, request: Any) -> None:
        both.wait()
        connection.send(json.dumps({"id": 1, "result": request["method"]}))

    with web_socket_node(respond) as node, web_socket(node.url) as transport:
        for _ in range(2):
            answers = [json.loads(raw.body)["result"] for raw in transport.send_all([REQUEST, OTHER])]
            assert answers == ["eth_blockNumber", "eth_chainId"]
        assert len(node.connections) == 2


def test_a_refused_handshake_answers_each_of_several_requests() -> None:
    with web_socket_node(answer("0x7"), refusal(429)) as node, web_socket(node.url) as transport:
        assert [raw.status for raw in transport.send_all([REQUEST, OTHER])] == [429, 429]


def test_a_connection_that_the_node_has_closed_meanwhile_is_opened_again() -> None:
    with web_socket_node(answer("0x7")) as node, web_socket(node.url) as transport:
        transport.send(REQUEST)
        node.connections[0].close()
        transport.send(REQUEST)
        assert len(node.connections) == 2


def test_a_message_that_nobody_asked_for_is_not_taken_for_an_answer() -> None:
    unasked = threading.Event()

    def respond(connection: ServerConnection, request: Any) -> None:
        answer(f"0x{len(node.requests)}")(connection, request)
        if len(node.requests) == 1:
            connection.send("unasked")
            unasked.set()

    with web_socket_node(respond) as node, web_socket(node.url) as transport:
        bodies = [bytes(transport.send(REQUEST).body)]
        unasked.wait(10)
        bodies.append(bytes(transport.send(REQUEST).body))
    assert [b'"0x1"' in bodies[0], b'"0x2"' in bodies[1]] == [True, True]


def test_an_answer_of_any_size_is_refused_before_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ethlogs.node.web_socket_channel.MAX_ANSWER_BYTES", 1000)
    monkeypatch.setattr(answer_size, "MAX_ANSWER_BYTES", 1000)
    with (
        web_socket_node(answer("0x" + "0" * 2000)) as node,
        pytest.raises(NodeUnavailableError, match="more than 1000 bytes"),
    ):
        ask(node.url)


@pytest.mark.parametrize("when", ["before the handshake", "after it"])
def test_a_node_that_says_nothing_is_given_up(when: str) -> None:
    released = threading.Event()

    def stall(*_: object) -> None:
        released.wait(30)

    with contextlib.ExitStack() as stack:
        if when == "after it":
            url = stack.enter_context(web_socket_node(stall)).url
        else:
            url = f"ws://{stack.enter_context(tcp_server(stall))}"
        with pytest.raises(NodeUnavailableError, match=r"did not answer within 0\.2 seconds"):
            ask(url, 0.2)
        released.set()


def test_a_byte_now_and_then_does_not_extend_the_deadline() -> None:
    def trickle(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"H")
            released.wait(0.02)

    released = threading.Event()
    with tcp_server(trickle) as address, pytest.raises(NodeUnavailableError, match="did not answer within"):
        ask(f"ws://{address}", 0.3)


def test_a_connection_that_ends_in_the_middle_may_be_made_again() -> None:
    def respond(connection: ServerConnection, _request: Any) -> None:
        connection.close_socket()

    with web_socket_node(respond) as node, pytest.raises(NodeUnavailableError, match="closed the connection"):
        ask(node.url)
    with (
        tcp_server(lambda connection: connection.recv(1000)) as address,
        pytest.raises(NodeUnavailableError, match="closed the connection in the handshake"),
    ):
        ask(f"ws://{address}")


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, NodeRefusedError, "refuses access"),
        (403, NodeRefusedError, "refuses access"),
        (404, NodeUnavailableError, "HTTP 404"),
        (429, NodeUnavailableError, "limits the rate"),
        (503, NodeUnavailableError, "HTTP 503"),
    ],
)
def test_a_refused_handshake_is_judged_as_the_same_answer_over_http(
    status: int, kind: type[NodeError], words: str
) -> None:
    with (
        web_socket_node(answer(1), refusal(status, b"<p>no", **{"Retry-After": "7"})) as node,
        pytest.raises(kind, match=words) as caught,
    ):
        ask(node.url)
    if isinstance(caught.value, NodeUnavailableError):
        assert caught.value.retry_after_seconds == 7


def test_a_redirect_is_not_followed_and_named_without_its_path() -> None:
    with (
        web_socket_node(answer(1), refusal(302, Location=f"https://login/{HIDDEN}")) as node,
        pytest.raises(NodeRefusedError, match="sends this client elsewhere") as caught,
    ):
        ask(node.url)
    assert "https://login/…" in str(caught.value)
    assert HIDDEN not in str(caught.value)


def test_a_port_that_speaks_http_alone_is_a_wrong_url() -> None:
    with local_node(lambda _: Reply(b"ok")) as node, pytest.raises(NodeError) as caught:
        ask(node.url.replace("http", "ws"))
    assert "HTTP 501" in str(caught.value)
    with (
        web_socket_node(answer(1), refusal(200)) as node_of_200,
        pytest.raises(NodeRefusedError, match=r"does not open a WebSocket \(HTTP 200\)"),
    ):
        ask(node_of_200.url)


def test_what_does_not_speak_http_at_all_is_a_wrong_url() -> None:
    def babble(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    with tcp_server(babble) as address, pytest.raises(NodeRefusedError, match="does not speak WebSocket"):
        ask(f"ws://{address}")


def test_the_headers_of_the_file_go_into_the_handshake() -> None:
    with web_socket_node(answer("0x1")) as node:
        ask(node.url, headers=(("Authorization", f"Bearer {HIDDEN}"), ("X-Key", "1")))
    assert node.headers[0].get_all("Authorization") == [f"Bearer {HIDDEN}"]
    assert node.headers[0]["X-Key"] == "1"


def test_user_and_password_of_the_url_come_before_the_files() -> None:
    with web_socket_node(answer("0x1")) as node:
        url = node.url.replace("ws://", f"ws://me:{HIDDEN}%21@")
        ask(url, headers=(("authorization", "Bearer other"),))
    wanted = base64.b64encode(f"me:{HIDDEN}!".encode()).decode()
    assert node.headers[0].get_all("Authorization") == [f"Basic {wanted}"]


def test_a_certificate_is_checked_by_the_file_of_the_settings(tmp_path: Path) -> None:
    both, ca_file = make_certificate(tmp_path)
    with web_socket_node(answer("0x7"), certificate=both) as node:
        assert ask(node.url, ca_file=str(ca_file)) == "0x7"
        with pytest.raises(NodeRefusedError, match="TLS certificate") as caught:
            ask(node.url)
    assert "--node-ca-file" in (caught.value.hint or "")


@pytest.mark.parametrize("tls", [False, True])
def test_the_environments_proxy_is_asked_to_connect_and_has_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tls: bool
) -> None:
    both, ca_file = make_certificate(tmp_path)
    with http_proxy() as proxy, web_socket_node(answer("0x7"), certificate=both if tls else None) as node:
        url = proxy.url.replace("http://", f"http://me:{HIDDEN}@")
        monkeypatch.setenv("https_proxy" if tls else "http_proxy", url)
        monkeypatch.setenv("no_proxy", "")
        assert ask(node.url, ca_file=str(ca_file)) == "0x7"
    assert proxy.asked == [node.url.partition("://")[2]]
    assert proxy.authorizations[0] is not None


@pytest.mark.parametrize(("loopback", "wanted"), [(True, False), (False, True)])
def test_answers_are_compressed_except_on_the_loopback(
    monkeypatch: pytest.MonkeyPatch, loopback: bool, wanted: bool
) -> None:
    monkeypatch.setattr("ethlogs.node.web_socket_transport.is_loopback", lambda _url: loopback)
    with web_socket_node(answer("0x7")) as node:
        assert ask(node.url) == "0x7"
    assert ("Sec-WebSocket-Extensions" in node.headers[0]) == wanted


def test_a_channel_gives_what_the_node_sends_by_itself_and_waits_no_longer_than_its_deadline() -> None:
    def respond(connection: ServerConnection, request: Any) -> None:
        answer("0x1")(connection, request)
        connection.send("one")
        connection.send("two")

    with (
        web_socket_node(respond) as node,
        web_socket(node.url) as transport,
        contextlib.closing(transport.open_channel()) as channel,
    ):
        channel.send(REQUEST)
        with deadline(10):
            parse_answer(RawAnswer(channel.receive()), "eth_blockNumber", "node")
            assert [channel.receive(), channel.receive()] == [b"one", b"two"]
        with deadline(0.05), pytest.raises(TimeoutError):
            channel.receive()


def send_together(connection: ServerConnection, *frames: Frame) -> None:
    """Send frames so that they arrive in one chunk."""
    connection.socket.sendall(b"".join(frame.serialize(mask=False) for frame in frames))


def test_a_ping_as_the_deadline_ends_hides_no_message_and_is_answered_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pongs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    ends = iter([True])
    sendall = DeadlineSocket.sendall

    def respond(connection: ServerConnection, _request: Any) -> None:
        frames = Frame(Opcode.TEXT, b"one"), Frame(Opcode.PING, b"?"), Frame(Opcode.TEXT, b"two")
        send_together(connection, *frames)

    def send_or_end(connection: DeadlineSocket, *arguments: Any) -> None:
        if next(ends, False):
            raise TimeoutError("timed out")
        sendall(connection, *arguments)

    monkeypatch.setattr(ServerConnection, "acknowledge_pings", lambda _self, data: pongs.put(bytes(data)))
    with (
        web_socket_node(respond) as node,
        web_socket(node.url) as transport,
        contextlib.closing(transport.open_channel()) as channel,
    ):
        channel.send(REQUEST)
        monkeypatch.setattr(DeadlineSocket, "sendall", send_or_end)
        with deadline(10):
            assert [channel.receive(), channel.receive()] == [b"one", b"two"]
        for _ in range(2):
            with deadline(0.05), pytest.raises(TimeoutError):
                channel.receive()
        assert pongs.get(timeout=10) == b"?"


def test_an_answer_after_which_the_node_closes_is_given() -> None:
    def respond(connection: ServerConnection, _request: Any) -> None:
        body = json.dumps({"id": 1, "result": f"0x{len(node.requests)}"}).encode()
        send_together(connection, Frame(Opcode.TEXT, body), Frame(Opcode.CLOSE, Close(1001, "").serialize()))

    with web_socket_node(respond) as node, web_socket(node.url) as transport:
        bodies = [bytes(transport.send(REQUEST).body) for _ in range(2)]
        assert [json.loads(body)["result"] for body in bodies] == ["0x1", "0x2"]
        assert len(node.connections) == 2


def test_the_beginning_of_a_message_that_nobody_asked_for_is_not_continued_by_an_answer() -> None:
    def respond(connection: ServerConnection, request: Any) -> None:
        if len(node.requests) == 1:
            whole, beginning = Frame(Opcode.TEXT, b"1"), Frame(Opcode.TEXT, b"2", fin=False)
            send_together(connection, whole, beginning)
        else:
            answer("0x7")(connection, request)

    with web_socket_node(respond) as node, web_socket(node.url) as transport:
        transport.send(REQUEST)
        assert parse_answer(transport.send(REQUEST), "eth_blockNumber", node.url).result == "0x7"


def test_closing_a_transport_ends_what_waits_on_it() -> None:
    respond: Respond = lambda _connection, _request: waiting.set()  # noqa: E731
    waiting = threading.Event()
    errors: list[NodeUnavailableError] = []

    def wait() -> None:
        try:
            transport.send(REQUEST)
        except NodeUnavailableError as exc:
            errors.append(exc)

    with web_socket_node(respond) as node, web_socket(node.url, 120.0) as transport:
        thread = threading.Thread(target=wait)
        thread.start()
        assert waiting.wait(10)
        transport.close()
        thread.join()
    assert len(errors) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("Location", "http://[x"), ("Retry-After", "7"), ("Server", "a")]
)
@pytest.mark.parametrize("status", [302, 429, 503])
def test_a_header_of_a_refusal_may_come_twice(name: str, value: str, status: int) -> None:
    refused = refusal(status)
    refused.headers[name] = "other"
    refused.headers[name] = value
    with web_socket_node(answer("0x7"), refused) as node, web_socket(node.url) as transport:
        raw = transport.send(REQUEST)
    assert (raw.status, raw.retry_after_seconds) == (status, 7.0 if name == "Retry-After" else 0.0)


@pytest.mark.parametrize(
    ("before", "user", "password"), [(f"{HIDDEN}@", HIDDEN, ""), ("me:%ff%E2%82%AC@", "me", "\udcff€")]
)
def test_user_and_password_of_a_url_are_sent_as_they_are(before: str, user: str, password: str) -> None:
    with web_socket_node(answer("0x7")) as node:
        assert ask(node.url.replace("ws://", f"WS://{before}")) == "0x7"
        sent = node.headers[0]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == f"{user}:{password}".encode(errors="surrogateescape")
