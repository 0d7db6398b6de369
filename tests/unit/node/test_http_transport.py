"""Bytes to a node and back, over real sockets."""

from __future__ import annotations

import base64
import contextlib
import gzip
import socket
import threading
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path

import pytest

from ethlogs.errors import EthlogsError, NodeRefusedError, NodeUnavailableError
from ethlogs.node import answer_size
from ethlogs.node.http_transport import HttpTransport
from ethlogs.node.rpc import RawAnswer, parse_answer
from ethlogs.settings import NodeSettings
from tests.harness.running import wait_until
from tests.unit.certificates import make_certificate
from tests.unit.http_proxy import http_proxy
from tests.unit.local_node import Reply, local_node
from tests.unit.tcp_server import tcp_server

REQUEST = b'{"method":"eth_blockNumber"}'
HIDDEN = "hunter2"


@contextlib.contextmanager
def http(url: str, timeout_seconds: float = 10.0) -> Iterator[HttpTransport]:
    with contextlib.closing(HttpTransport(url, NodeSettings((url,), timeout_seconds))) as transport:
        yield transport


def ask(reply: Reply, timeout_seconds: float = 10.0) -> RawAnswer:
    with local_node(lambda _request: reply) as node, http(node.url, timeout_seconds) as transport:
        return transport.send(REQUEST)


def send_to(reply: Reply, timeout_seconds: float = 10.0) -> bytes:
    return bytes(ask(reply, timeout_seconds).body)


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


def test_a_certificate_is_checked_by_the_file_of_the_settings(tmp_path: Path) -> None:
    both, ca_file = make_certificate(tmp_path)
    with local_node(lambda _request: Reply(b"ok"), certificate=both) as node:
        url = node.url.replace("http://127.0.0.1", "https://localhost")
        with contextlib.closing(HttpTransport(url, NodeSettings((), ca_file=str(ca_file)))) as transport:
            assert transport.send(REQUEST).body == b"ok"
        with (
            contextlib.closing(HttpTransport(url, NodeSettings(()))) as transport,
            pytest.raises(NodeRefusedError, match="TLS certificate") as caught,
        ):
            transport.send(REQUEST)
    assert "--node-ca-file" in (caught.value.hint or "")


def test_a_connection_is_used_again() -> None:
    with local_node(lambda _request: Reply(b"ok")) as node, http(node.url) as transport:
        assert [transport.send(REQUEST).body for _ in range(3)] == [b"ok"] * 3
        assert len(node.requests) == 3


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), 0.0),
        ((("Retry-After", "7"),), 7.0),
        ((("Retry-After", "86400"),), 60.0),
        ((("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),), 0.0),
    ],
)
@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_an_error_status_comes_back_with_its_body_and_when_to_ask_again(
    status: int, headers: tuple[tuple[str, str], ...], seconds: float
) -> None:
    answer = ask(Reply(b"{}", status, headers))
    assert (answer.body, answer.status, answer.retry_after_seconds) == (b"{}", status, seconds)


def test_a_page_without_end_is_not_read_to_its_end_under_an_error_status() -> None:
    answer = ask(Reply(pieces=(b"x" * (2 << 20),) * 4, status=502))
    assert answer.status == 502
    assert len(answer.body) < 4 << 20


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
    with pytest.raises(NodeUnavailableError, match=r"did not answer within 0\.3 seconds"):
        send_to(Reply(pieces=(b"x",) * 100, pause_seconds=0.02), 0.3)


def test_a_connection_that_closes_in_the_middle_may_be_better_the_next_time() -> None:
    with pytest.raises(NodeUnavailableError, match="cannot be reached"):
        send_to(Reply(b"half", announced_bytes=8))


def test_an_answer_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_size, "MAX_ANSWER_BYTES", 1000)
    with pytest.raises(NodeUnavailableError, match="an answer of more than 1000 bytes"):
        send_to(Reply(b"x" * 2000))


def test_zeros_that_were_compressed_do_not_fill_the_memory_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times as many bytes as were sent: only what is under the bound may ever be unpacked."""
    monkeypatch.setattr(answer_size, "MAX_ANSWER_BYTES", 1 << 20)
    body = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(NodeUnavailableError, match="an answer of more than 1048576 bytes"):
            send_to(Reply(body, headers=(("Content-Encoding", "gzip"),)))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 16 << 20


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
    ],
)
def test_no_secret_of_a_url_is_in_an_error_or_in_its_causes(url: str) -> None:
    with http(url.format(user=f"me:{HIDDEN}@", port=free_port(), secret=HIDDEN)) as transport:
        with pytest.raises(EthlogsError) as caught:
            transport.send(REQUEST)
        assert HIDDEN not in "".join(traceback.format_exception(caught.value))


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


def test_a_client_that_is_sent_elsewhere_does_not_go_there() -> None:
    """A proxy's login page, or an http URL that should be an https one."""
    with local_node(lambda _request: Reply(b"a page")) as other:
        there = Reply(status=307, headers=(("Location", f"{other.url}/login?from={HIDDEN}"),))
        answer = ask(there)
    assert (answer.status, answer.location) == (307, f"{other.url}/…")
    assert other.requests == []


def test_a_certificate_that_is_not_accepted_is_the_only_tls_error_that_is_refused(tmp_path: Path) -> None:
    both, _ = make_certificate(tmp_path)
    with (
        local_node(lambda _request: Reply(b"ok"), certificate=both) as node,
        http(node.url.replace("http://", "https://")) as transport,
        pytest.raises(NodeRefusedError, match="was not accepted"),
    ):
        transport.send(REQUEST)
    with local_node(lambda _request: Reply(b"ok")) as node:
        url = node.url.replace("http://", "https://")
        with http(url) as transport, pytest.raises(NodeUnavailableError, match="TLS connection") as caught:
            transport.send(REQUEST)
    assert "begin with http:" in (caught.value.hint or "")


def test_a_handshake_that_is_cut_off_may_succeed_the_next_time() -> None:
    """A TLS endpoint that is being replaced closes the connections that it has just accepted."""
    with tcp_server(lambda connection: connection.recv(100)) as address:
        url = f"https://{address}"
        with http(url) as transport, pytest.raises(NodeUnavailableError, match=r"failed|cannot be reached"):
            transport.send(REQUEST)


def test_a_connection_is_not_used_again_after_an_error() -> None:
    replies = [Reply(b"half", announced_bytes=8), Reply(b"ok")]
    with local_node(lambda _request: replies.pop(0)) as node, http(node.url) as transport:
        with pytest.raises(NodeUnavailableError):
            transport.send(REQUEST)
        assert transport.send(REQUEST).body == b"ok"


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_threads_that_come_and_go_leave_no_connections() -> None:
    """Each reorg makes new threads that fetch."""
    with local_node(lambda _request: Reply(b"ok")) as node, http(node.url) as transport:

        def send_from_new_threads() -> None:
            threads = [threading.Thread(target=transport.send, args=(REQUEST,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        send_from_new_threads()
        before = open_descriptors()
        for _ in range(100):
            send_from_new_threads()
        # Both ends of a connection are in this process, and the node's end is closed by its own thread.
        wait_until(lambda: open_descriptors() <= before + 2 * 4, "the connections are closed")


# ---------------------------------------------------------------- credentials


def headers_sent(url_of: Callable[[str], str], settings: Callable[[str], NodeSettings]) -> Message:
    with local_node(lambda _request: Reply(b"ok")) as node:
        url = url_of(node.url)
        with contextlib.closing(HttpTransport(url, settings(url))) as transport:
            transport.send(REQUEST)
        return node.headers[0]


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "netrc"
    path.write_text(f"default login somebody password {HIDDEN}\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))


@pytest.mark.usefixtures("netrc")
def test_netrc_never_goes_to_a_node() -> None:
    headers = headers_sent(lambda url: url, lambda url: NodeSettings((url,)))
    assert "Authorization" not in headers


@pytest.mark.usefixtures("netrc")
def test_the_token_of_the_header_file_goes_and_netrc_does_not() -> None:
    given = (("Authorization", "Bearer TOKEN"), ("X-Tenant", "ada"))
    headers = headers_sent(lambda url: url, lambda url: NodeSettings((url,), headers=given))
    assert headers.get_all("Authorization") == ["Bearer TOKEN"]
    assert headers["X-Tenant"] == "ada"


@pytest.mark.usefixtures("netrc")
def test_the_password_in_a_url_goes_to_that_url() -> None:
    headers = headers_sent(
        lambda url: url.replace("://", f"://me:{HIDDEN}@"), lambda url: NodeSettings((url,))
    )
    assert headers["Authorization"] == f"Basic {base64.b64encode(f'me:{HIDDEN}'.encode()).decode()}"


# ---------------------------------------------------------------- a proxy between


def test_a_proxy_of_the_environment_is_used_with_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy() as proxy, local_node(lambda _request: Reply(b"ok")) as node:
        monkeypatch.setenv("http_proxy", proxy.url.replace("://", f"://me:{HIDDEN}@"))
        with http(node.url) as transport:
            assert transport.send(REQUEST).body == b"ok"
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
            assert transport.send(REQUEST).body == b"ok"
    assert proxy.asked == [url.removeprefix("https://")]


@pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with http_proxy() as proxy, local_node(lambda _request: Reply(b"ok")) as node:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", name)
        with http(node.url) as transport:
            assert transport.send(REQUEST).body == b"ok"
    assert proxy.asked == []


def test_a_proxy_that_is_away_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:{HIDDEN}@127.0.0.1:{free_port()}")
    with http("http://node.example:8545") as transport, pytest.raises(NodeUnavailableError) as caught:
        transport.send(REQUEST)
    assert HIDDEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("status", [200, 307, 429])
def test_a_location_that_cannot_be_read_is_no_trouble(status: int) -> None:
    answer = ask(Reply(b"{}", status, (("Location", f"http://[{HIDDEN}"),)))
    assert answer.status == status
    assert HIDDEN not in answer.location


@pytest.mark.parametrize("interim", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_the_answer_behind_an_interim_one_counts(interim: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 " + interim + b"\r\nLink: </a>\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with tcp_server(serve) as address, http(f"http://{address}") as transport:
        answer = transport.send(REQUEST)
    assert (answer.status, answer.body) == (200, b"ok")


def test_interim_answers_without_end_are_given_up() -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    with (
        tcp_server(serve) as address,
        http(f"http://{address}", 0.3) as transport,
        pytest.raises(NodeUnavailableError),
    ):
        transport.send(REQUEST)


ODD_ANSWERS = {
    "a header without end": b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000,
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
    "a length that is too long": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
    "a chunk that is cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
    "a chunk without a size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok\r\n",
    "a broken compression": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
    "half of a compression": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"
    + gzip.compress(b"ok")[:9],
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "another version": b"HTTP/7.5 200 OK\r\n\r\n",
    "a status of letters": b"HTTP/1.1 abc OK\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_an_answer_that_is_no_http_or_not_whole_may_pass_and_proves_nothing(name: str) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(ODD_ANSWERS[name])

    with tcp_server(serve) as address, http(f"http://{address}") as transport:
        try:
            body = bytes(transport.send(REQUEST).body)
        except NodeUnavailableError:
            return
    with pytest.raises(NodeUnavailableError):
        parse_answer(RawAnswer(body), "eth_blockNumber", "the node")


def test_what_is_no_http_is_said_to_be_such_in_one_line() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"\x1b[2JSSH-2.0-" + b"x" * 5000 + b"\r\n")

    with (
        tcp_server(serve) as address,
        http(f"http://{address}") as transport,
        pytest.raises(NodeUnavailableError, match=r"is not an HTTP answer: .*SSH-2") as caught,
    ):
        transport.send(REQUEST)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("before", "user", "password"),
    [
        (f"{HIDDEN}@", HIDDEN, ""),
        (f"me:{HIDDEN}@", "me", HIDDEN),
        ("m%C3%A9:pass%E2%82%AC%40%2F@", "mé", "pass€@/"),
        (":%ff@", "", "\udcff"),
    ],
)
def test_user_and_password_of_a_url_are_sent_as_they_are(before: str, user: str, password: str) -> None:
    with local_node(lambda _request: Reply(b"ok")) as node:
        with http(node.url.replace("http://", f"http://{before}")) as transport:
            transport.send(REQUEST)
        kind, _, sent = (node.headers[0]["Authorization"] or "").partition(" ")
    assert (kind, base64.b64decode(sent)) == ("Basic", f"{user}:{password}".encode(errors="surrogateescape"))
