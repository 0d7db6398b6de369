"""Bytes to a node over its local socket, and back."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ethlogs.errors import NodeUnavailableError
from ethlogs.node import answer_size, ipc_transport
from ethlogs.node.deadline import deadline
from ethlogs.node.ipc_transport import IpcTransport

REQUEST = b'{"method":"eth_blockNumber"}'


def test_a_local_socket_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("ethlogs.node.ipc_transport.DeadlineSocket", fail)
    with pytest.raises(NodeUnavailableError, match="Too many open files"):
        IpcTransport(str(tmp_path / "geth.ipc"), 1.0).send(REQUEST)


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
        assert [transport.send(b"first").body, transport.send(b"second").body] == [b"first\n", b"second\n"]


def test_several_requests_are_answered_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "geth.ipc"
    served: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        own = connection.dup()

        def serve_alone() -> None:
            with own:
                echo(own)

        served.append(threading.Thread(target=serve_alone))
        served[-1].start()

    with ipc_node(path, serve), ipc(path) as transport:
        for _ in range(2):
            assert [raw.body for raw in transport.send_all([b"first", b"second"])] == [
                b"first\n",
                b"second\n",
            ]
    assert len(served) == 2
    for thread in served:
        thread.join()


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
            assert transport.send(b"again").body == b"again\n"
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
        assert transport.send(b"second").body == b"whole\n"


def test_what_is_left_of_an_answer_is_not_taken_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, answers = tmp_path / "geth.ipc", [b"0" * 2000 + b"\n" + b"left over\n", b"second\n"]
    monkeypatch.setattr(answer_size, "MAX_ANSWER_BYTES", 1000)
    monkeypatch.setattr(ipc_transport, "CHUNK_BYTES", 1001)

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answers.pop(0))

    with ipc_node(path, serve), ipc(path) as transport:
        with pytest.raises(NodeUnavailableError, match="more than 1000 bytes"):
            transport.send(b"first")
        assert transport.send(b"second").body == b"second\n"


def test_a_local_node_that_does_not_answer_in_time_is_given_up(tmp_path: Path) -> None:
    path, released = tmp_path / "geth.ipc", threading.Event()

    def serve(_connection: socket.socket) -> None:
        released.wait(30)

    with ipc_node(path, serve), ipc(path, 0.1) as transport:
        with pytest.raises(NodeUnavailableError, match="timed out"):
            transport.send(REQUEST)
        released.set()


def test_a_line_that_nobody_asked_for_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    path, answers = tmp_path / "geth.ipc", [b"first\nunasked\n", b"second\n"]

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answers.pop(0))

    with ipc_node(path, serve), ipc(path) as transport:
        assert transport.send(REQUEST).body == b"first\n"
        assert transport.send(REQUEST).body == b"second\n"


def test_a_channel_gives_line_by_line_what_the_node_sends_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "geth.ipc"

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"one\ntwo\nthr")
        connection.recv(1000)
        connection.sendall(b"ee\n")

    with (
        ipc_node(path, serve),
        ipc(path) as transport,
        contextlib.closing(transport.open_channel()) as channel,
    ):
        channel.send(REQUEST)
        assert [channel.receive(), channel.receive()] == [b"one\n", b"two\n"]
        with deadline(0.05), pytest.raises(TimeoutError):
            channel.receive()
        channel.send(REQUEST)
        assert channel.receive() == b"three\n"


def test_closing_a_transport_ends_what_waits_on_it(tmp_path: Path) -> None:
    path, waiting = tmp_path / "geth.ipc", threading.Event()
    errors: list[NodeUnavailableError] = []

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        waiting.set()
        connection.recv(1000)

    def wait() -> None:
        try:
            transport.send(REQUEST)
        except NodeUnavailableError as exc:
            errors.append(exc)

    with ipc_node(path, serve), ipc(path, 120.0) as transport:
        thread = threading.Thread(target=wait)
        thread.start()
        assert waiting.wait(30)
        transport.close()
        thread.join()
    assert len(errors) == 1


def test_a_line_that_comes_after_its_answer_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    path, taken, late = tmp_path / "geth.ipc", threading.Event(), threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"asked\n")
        if taken.wait(10) and not late.is_set():
            connection.sendall(b"late\n")
            late.set()
        with contextlib.suppress(OSError):  # closed, with what nobody has read
            connection.recv(1000)

    with ipc_node(path, serve), ipc(path) as transport:
        assert transport.send(REQUEST).body == b"asked\n"
        taken.set()
        assert late.wait(10)
        assert transport.send(REQUEST).body == b"asked\n"
