"""One deadline over a whole request, whatever part of it a node, a proxy or a resolver drags out."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.connection import HTTPConnection, HTTPSConnection

from ethlogs.errors import NodeUnavailableError
from ethlogs.node.deadline import DeadlineAdapter, DeadlineTlsSocket, deadline, look_up, remaining_seconds
from ethlogs.node.http_transport import HttpTransport
from ethlogs.settings import NodeSettings
from tests.unit.certificates import make_certificate
from tests.unit.tcp_server import tcp_server

REQUEST = b'{"method":"eth_blockNumber"}'
SECONDS = 0.4


def trickle(connection: socket.socket, head: bytes = b"", body: bytes = b"x: y\r\n") -> None:
    """Send a byte every 20 ms until the client has gone: no single wait is long."""
    connection.sendall(head)
    pause = threading.Event()
    for byte in itertools.cycle(body):
        connection.sendall(bytes([byte]))
        pause.wait(0.02)


def stall(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


def assert_given_up(url: str, **settings: Any) -> None:
    with (
        contextlib.closing(HttpTransport(url, NodeSettings((url,), SECONDS, **settings))) as transport,
        pytest.raises(NodeUnavailableError, match=r"did not answer within 0\.4 seconds"),
    ):
        transport.send(REQUEST)


STATUS = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "serve",
    [
        stall,
        lambda connection: trickle(connection, STATUS),
        lambda connection: trickle(connection, STATUS + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        lambda connection: trickle(connection, STATUS + b"Content-Length: 100000\r\n\r\n"),
        lambda connection: trickle(connection, b"HTTP/1.1 100 Continue\r\n\r\n" + STATUS),
    ],
    ids=["nothing", "headers", "chunk sizes", "body", "headers after 100"],
)
def test_an_answer_that_never_ends_is_given_up(serve: Callable[[socket.socket], None]) -> None:
    with tcp_server(serve) as address:
        assert_given_up(f"http://{address}")


@pytest.mark.parametrize("serve", [stall, lambda connection: trickle(connection, STATUS)])
def test_a_proxy_that_does_not_answer_connect_is_given_up(
    serve: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tcp_server(serve) as address:
        monkeypatch.setenv("https_proxy", f"http://{address}")
        assert_given_up("https://node.example")


def test_a_tls_handshake_that_does_not_end_is_given_up() -> None:
    with tcp_server(stall) as address:
        assert_given_up(f"https://{address}")


def test_a_tls_handshake_that_trickles_is_given_up() -> None:
    # The head of a TLS record of 16,000 bytes, which then come one by one.
    with tcp_server(lambda connection: trickle(connection, b"\x16\x03\x03\x3e\x80")) as address:
        assert_given_up(f"https://{address}")


def test_headers_that_trickle_over_tls_are_given_up(tmp_path: Path) -> None:
    both, ca_file = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            trickle(secured, STATUS)

    with tcp_server(serve) as address:
        assert_given_up(f"https://{address.replace('127.0.0.1', 'localhost')}", ca_file=str(ca_file))


@pytest.fixture
def stuck_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fake: the machine's resolver cannot be made to hang."""
    released = threading.Event()

    def hang(*_: Any) -> Any:
        released.wait(30)
        raise socket.gaierror("released")

    monkeypatch.setattr("ethlogs.node.deadline.socket.getaddrinfo", hang)
    yield
    released.set()


@pytest.mark.usefixtures("stuck_resolver")
def test_a_name_that_is_looked_up_for_ever_is_given_up() -> None:
    assert_given_up("http://node.example")


def test_a_name_that_does_not_exist_is_said() -> None:
    url = "http://no-such-host.invalid"
    with (
        contextlib.closing(HttpTransport(url, NodeSettings((url,), 10.0))) as transport,
        pytest.raises(NodeUnavailableError, match="cannot be reached"),
    ):
        transport.send(REQUEST)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]"])
def test_an_address_is_not_looked_up_in_a_thread(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ethlogs.node.deadline.threading.Thread", None)
    with deadline(10.0):
        assert look_up(host.strip("[]"), 80)


def test_urllib3_makes_its_sockets_where_the_deadline_replaces_them() -> None:
    """Private parts of urllib3: a version that has them elsewhere would bring the old sockets back."""
    for kind in (HTTPConnection, HTTPSConnection):
        assert callable(getattr(kind, "_new_conn"))  # noqa: B009 - mypy refuses the private name
    adapter = DeadlineAdapter()
    pools = [adapter.poolmanager, adapter.proxy_manager_for("http://proxy:3128")]
    for pool in pools:
        made = pool.connection_from_url("https://node.example")
        connection = made.ConnectionCls("node.example")
        assert connection.ssl_context.sslsocket_class is DeadlineTlsSocket


def test_a_deadline_inside_another_one_does_not_outlast_it_and_gives_it_back() -> None:
    with deadline(60.0):
        with deadline(600.0):
            inner = remaining_seconds()
        outer = remaining_seconds()
    assert inner is not None and inner <= 60.0
    assert outer is not None and outer <= 60.0
    assert remaining_seconds() is None
