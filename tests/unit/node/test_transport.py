"""Bytes to a node and back, over real sockets."""

from __future__ import annotations

import base64
import contextlib
import errno
import gzip
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ethlogs.errors import EthlogsError, NodeRefusedError, NodeUnavailableError, SettingsError
from ethlogs.node import transport as transport_module
from ethlogs.node.transport import HttpTransport, IpcTransport, open_transport
from ethlogs.settings import NodeSettings
from tests.unit.http_proxy import http_proxy
from tests.unit.local_node import Reply, local_node

REQUEST = b'{"method":"eth_blockNumber"}'
HIDDEN = "hunter2"


@contextlib.contextmanager
def http(url: str, timeout_seconds: float = 10.0) -> Iterator[HttpTransport]:
    with contextlib.closing(HttpTransport(url, NodeSettings((url,), timeout_seconds))) as transport:
        yield transport


def send_to(reply: Reply, timeout_seconds: float = 10.0) -> bytes:
    with local_node(lambda _request: reply) as node, http(node.url, timeout_seconds) as transport:
        return transport.send(REQUEST)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_body_of_an_answer_comes_back_whole() -> None:
    body = bytes(range(256)) * 20_000
    assert send_to(Reply(body)) == body


def test_a_body_in_pieces_comes_back_whole() -> None:
    assert send_to(Reply(pieces=(b"one ", b"two ", b"three"), pause_seconds=0.01)) == b"one two three"


def test_a_compressed_body_comes_back_as_it_was() -> None:
    body = b"a block" * 100_000
    assert send_to(Reply(gzip.compress(body), headers=(("Content-Encoding", "gzip"),))) == body


def test_the_headers_of_the_settings_go_with_every_request() -> None:
    settings = NodeSettings((), headers=(("Authorization", f"Bearer {HIDDEN}"), ("X-Tenant", "ada")))
    with local_node(lambda _request: Reply(b"ok")) as node:
        with contextlib.closing(HttpTransport(node.url, settings)) as transport:
            transport.send(REQUEST)
            transport.send(REQUEST)
        assert [headers["Authorization"] for headers in node.headers] == [f"Bearer {HIDDEN}"] * 2
        assert node.headers[1]["X-Tenant"] == "ada"
    assert HIDDEN not in repr(settings)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """The file of a node's certificate and key, and that of who vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    ca_file, both = folder / "ca.pem", folder / "both.pem"
    ca_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(private + ca_file.read_bytes())
    return both, ca_file


def test_a_certificate_is_checked_by_the_file_of_the_settings(tmp_path: Path) -> None:
    both, ca_file = make_certificate(tmp_path)
    with local_node(lambda _request: Reply(b"ok"), certificate=both) as node:
        url = node.url.replace("http://127.0.0.1", "https://localhost")
        with contextlib.closing(HttpTransport(url, NodeSettings((), ca_file=str(ca_file)))) as transport:
            assert transport.send(REQUEST) == b"ok"
        with (
            contextlib.closing(HttpTransport(url, NodeSettings(()))) as transport,
            pytest.raises(NodeRefusedError, match="TLS certificate") as caught,
        ):
            transport.send(REQUEST)
    assert "--node-ca-file" in (caught.value.hint or "")


def test_a_connection_is_used_again() -> None:
    with local_node(lambda _request: Reply(b"ok")) as node, http(node.url) as transport:
        assert [transport.send(REQUEST) for _ in range(3)] == [b"ok"] * 3
        assert len(node.requests) == 3


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, (), 0.0),
        (429, (("Retry-After", "7"),), 7.0),
        (429, (("Retry-After", "86400"),), 60.0),
        (429, (("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),), 0.0),
        (500, (), 0.0),
        (502, (), 0.0),
        (503, (("Retry-After", "3"),), 3.0),
    ],
)
def test_a_status_that_passes_says_when_to_ask_again(
    status: int, headers: tuple[tuple[str, str], ...], seconds: float
) -> None:
    with pytest.raises(NodeUnavailableError, match=str(status)) as caught:
        send_to(Reply(b"<html>", status, headers))
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "token"), (403, "token"), (400, "JSON-RPC port"), (404, "JSON-RPC port")]
)
def test_a_status_that_stays_is_refused(status: int, hint: str) -> None:
    with pytest.raises(NodeRefusedError, match=f"HTTP {status}") as caught:
        send_to(Reply(status=status))
    assert hint in (caught.value.hint or "")


def test_an_answer_that_does_not_begin_in_time_is_given_up() -> None:
    with (
        local_node(lambda _request: Reply(b"late") if node.released.wait(30) else Reply()) as node,
        http(node.url, 0.2) as transport,
        pytest.raises(NodeUnavailableError, match=r"did not answer within 0\.2 seconds"),
    ):
        try:
            transport.send(REQUEST)
        finally:
            node.released.set()


def test_an_answer_that_stops_in_the_middle_is_given_up() -> None:
    with pytest.raises(NodeUnavailableError, match=r"did not answer within 0\.2 seconds"):
        send_to(Reply(pieces=(b"half ", b"of it"), pause_seconds=30.0), 0.2)


def test_an_answer_that_only_trickles_is_given_up() -> None:
    # Each byte comes well within the timeout, all of them do not.
    with pytest.raises(NodeUnavailableError, match="was too slow: its answer did not end in time"):
        send_to(Reply(pieces=(b"x",) * 100, pause_seconds=0.02), 0.3)


def test_a_connection_that_closes_in_the_middle_may_be_better_the_next_time() -> None:
    with pytest.raises(NodeUnavailableError, match="cannot be reached"):
        send_to(Reply(b"half", announced_bytes=8))


def test_an_answer_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_ANSWER_BYTES", 1000)
    with pytest.raises(NodeRefusedError, match="an answer of more than 1000 bytes"):
        send_to(Reply(b"x" * 2000))


def test_a_port_where_nobody_listens_is_told_in_a_few_words() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with http(url) as transport, pytest.raises(NodeUnavailableError) as caught:
        transport.send(REQUEST)
    assert str(caught.value) == f"node {url} cannot be reached: Connection refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://{user}127.0.0.1:{port}/{secret}?{secret}",
        "http://{user}127.0.0.1:99999/{secret}",
        "http:///{secret}",
    ],
)
def test_no_secret_of_a_url_is_in_an_error_or_in_its_causes(url: str) -> None:
    with http(url.format(user=f"me:{HIDDEN}@", port=free_port(), secret=HIDDEN)) as transport:
        with pytest.raises(EthlogsError) as caught:
            transport.send(REQUEST)
        assert HIDDEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url", ["ws://geth:8546", "geth:8545", "geth", "", "/geth.ipc", "http://[::1", "ipc://geth.ipc"]
)
def test_a_url_that_is_none_of_a_node_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError):
        open_transport(url, NodeSettings((url,)))


@pytest.mark.parametrize("url", ["http://", "http://geth:99999", "http://geth:0"])
def test_a_url_that_cannot_be_asked_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="cannot be used"):
        open_transport(url, NodeSettings((url,)))


def test_a_local_socket_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("ethlogs.node.transport.socket.socket", fail)
    with pytest.raises(NodeUnavailableError, match="Too many open files"):
        IpcTransport(str(tmp_path / "geth.ipc"), 1.0).send(REQUEST)


@pytest.mark.parametrize(
    ("url", "kind"),
    [("http://geth", HttpTransport), ("https://geth", HttpTransport), ("ipc:///geth.ipc", IpcTransport)],
)
def test_the_scheme_chooses_the_transport(url: str, kind: type) -> None:
    assert isinstance(open_transport(url, NodeSettings((url,))), kind)


@pytest.mark.parametrize(
    ("url", "encoding"),
    [
        ("http://127.0.0.1:8545", "identity"),
        ("http://[::1]:8545", "identity"),
        ("http://localhost:8545", "identity"),
        ("http://10.0.0.1:8545", "gzip"),
        ("http://geth:8545", "gzip"),
    ],
)
def test_only_a_node_elsewhere_is_asked_to_compress(url: str, encoding: str) -> None:
    assert HttpTransport(url, NodeSettings((url,)))._encoding == encoding


@contextlib.contextmanager
def ipc_node(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """A fake node on a local socket; each connection is served by a call of ``serve``."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def ipc(path: Path, timeout_seconds: float = 10.0) -> Iterator[IpcTransport]:
    with contextlib.closing(IpcTransport(str(path), timeout_seconds)) as transport:
        yield transport


def echo(connection: socket.socket) -> None:
    with connection.makefile("rb") as lines:
        for line in lines:
            connection.sendall(line[:3])
            connection.sendall(line[3:])


def test_a_local_socket_gives_one_line_for_each_request(tmp_path: Path) -> None:
    path = tmp_path / "geth.ipc"
    with ipc_node(path, echo), ipc(path) as transport:
        assert [transport.send(b"first"), transport.send(b"second")] == [b"first\n", b"second\n"]


def test_a_socket_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = tmp_path / "geth.ipc"
    with ipc(path) as transport, pytest.raises(NodeUnavailableError, match=f"there is no socket {path}"):
        transport.send(REQUEST)


def test_a_socket_that_appears_later_is_used(tmp_path: Path) -> None:
    path = tmp_path / "geth.ipc"
    with ipc(path) as transport:
        with pytest.raises(NodeUnavailableError):
            transport.send(b"too early")
        with ipc_node(path, echo):
            assert transport.send(b"again") == b"again\n"
            transport.close()


def test_a_socket_where_nobody_listens_may_be_served_again(tmp_path: Path) -> None:
    path = tmp_path / "geth.ipc"
    with ipc_node(path, echo):
        pass
    with ipc(path) as transport, pytest.raises(NodeUnavailableError, match="Connection refused"):
        transport.send(REQUEST)


def test_a_local_socket_that_closes_in_the_middle_is_opened_again(tmp_path: Path) -> None:
    path, answers = tmp_path / "geth.ipc", [b"half", b"whole\n"]

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answers.pop(0))

    with ipc_node(path, serve), ipc(path) as transport:
        with pytest.raises(NodeUnavailableError, match="closed the connection"):
            transport.send(b"first")
        assert transport.send(b"second") == b"whole\n"


def test_what_is_left_of_an_answer_is_not_taken_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, answers = tmp_path / "geth.ipc", [b"0" * 2000 + b"\n" + b"left over\n", b"second\n"]
    monkeypatch.setattr(transport_module, "MAX_ANSWER_BYTES", 1000)
    monkeypatch.setattr(transport_module, "_CHUNK_BYTES", 1001)

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answers.pop(0))

    with ipc_node(path, serve), ipc(path) as transport:
        with pytest.raises(NodeRefusedError, match="more than 1000 bytes"):
            transport.send(b"first")
        assert transport.send(b"second") == b"second\n"


def test_a_local_node_that_does_not_answer_in_time_is_given_up(tmp_path: Path) -> None:
    path, released = tmp_path / "geth.ipc", threading.Event()
    with ipc_node(path, lambda _connection: bool(released.wait(30)) and None), ipc(path, 0.1) as transport:
        with pytest.raises(NodeUnavailableError, match="timed out"):
            transport.send(REQUEST)
        released.set()


def test_a_client_that_is_sent_elsewhere_takes_no_header_there() -> None:
    """A proxy's login page, or an http URL that should be an https one."""
    settings = NodeSettings((), headers=(("X-Token", HIDDEN),))
    with local_node(lambda _request: Reply(b"a page")) as other:
        there = Reply(status=307, headers=(("Location", f"{other.url}/login?from={HIDDEN}"),))
        with (
            local_node(lambda _request: there) as node,
            contextlib.closing(HttpTransport(node.url, settings)) as transport,
            pytest.raises(NodeRefusedError, match=rf"elsewhere \(HTTP 307 to {other.url}/…\)") as caught,
        ):
            transport.send(REQUEST)
    assert other.requests == []
    assert HIDDEN not in str(caught.value)


# ---------------------------------------------------------------- a proxy between


def test_a_proxy_of_the_environment_is_used_with_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy() as proxy, local_node(lambda _request: Reply(b"ok")) as node:
        monkeypatch.setenv("http_proxy", proxy.url.replace("://", f"://me:{HIDDEN}@"))
        with http(node.url) as transport:
            assert transport.send(REQUEST) == b"ok"
    assert [address.rstrip("/") for address in proxy.asked] == [node.url]
    assert proxy.authorizations == [f"Basic {base64.b64encode(f'me:{HIDDEN}'.encode()).decode()}"]


def test_a_proxy_passes_tls_on_and_sees_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both, ca_file = make_certificate(tmp_path)
    with http_proxy() as proxy, local_node(lambda _request: Reply(b"ok"), certificate=both) as node:
        url = node.url.replace("http://127.0.0.1", "https://localhost")
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        settings = NodeSettings((url,), ca_file=str(ca_file))
        with contextlib.closing(HttpTransport(url, settings)) as transport:
            assert transport.send(REQUEST) == b"ok"
    assert proxy.asked == [url.removeprefix("https://")]


@pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with http_proxy() as proxy, local_node(lambda _request: Reply(b"ok")) as node:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", name)
        with http(node.url) as transport:
            assert transport.send(REQUEST) == b"ok"
    assert proxy.asked == []


def test_a_proxy_that_is_away_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:{HIDDEN}@127.0.0.1:{free_port()}")
    with http("http://node.example:8545") as transport, pytest.raises(NodeUnavailableError) as caught:
        transport.send(REQUEST)
    assert HIDDEN not in "".join(traceback.format_exception(caught.value))
