"""What a port speaks, asked of ports without a broker: a real broker answers in test_no_contact.py."""

from __future__ import annotations

import socket
import struct

import pytest

from ethlogs.kafka import probe as probe_module
from ethlogs.kafka.probe import Listener, probe
from tests.unit.tcp_server import tcp_server


def frame(error: int, count: int, names: bytes) -> bytes:
    body = struct.pack(">ihi", 7, error, count) + names
    return struct.pack(">i", len(body)) + body


def text(value: bytes) -> bytes:
    return struct.pack(">h", len(value)) + value


def ask(answer: bytes) -> Listener | None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)
        connection.recv(65_536)

    with tcp_server(serve) as address:
        return probe(address, with_tls=False)


def test_a_brokers_mechanisms_are_its_answer() -> None:
    found = ask(frame(33, 2, text(b"GSSAPI") + text(b"SCRAM-SHA-512")))
    assert found is not None
    assert (found.mechanisms, found.tls) == (("GSSAPI", "SCRAM-SHA-512"), False)


NO_BROKER = {
    "names of no length without end": frame(33, 2**31 - 1, struct.pack(">h", -2) * 4),
    "a name that is null": frame(33, 1, struct.pack(">h", -1)),
    "an empty name": frame(33, 1, text(b"")),
    "a name beyond the end": frame(33, 1, struct.pack(">h", 100) + b"GSSAPI"),
    "a name for a terminal": frame(33, 1, text(b"\x1b[2J")),
    "a name of other bytes": frame(33, 1, text(b"\xff")),
    "more names than there are": frame(33, 9, text(b"PLAIN")),
    "another answer": struct.pack(">iihi", 10, 8, 0, 0),
    "an answer of no size": struct.pack(">i", 0),
    "an answer of a negative size": struct.pack(">i", -1),
    "an answer of any size": struct.pack(">i", 2**31 - 1),
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", NO_BROKER)
def test_what_is_no_answer_of_a_broker_ends_the_question(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "_SECONDS", 1.0)
    assert ask(NO_BROKER[name]) is None


def test_an_answer_that_only_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes well within the timeout, all of them never do."""
    monkeypatch.setattr(probe_module, "_SECONDS", 0.5)

    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(struct.pack(">i", 60_000))
        connection.settimeout(0.05)
        while True:
            connection.sendall(b"x")
            try:
                if not connection.recv(65_536):
                    return
            except TimeoutError:
                pass

    with tcp_server(serve) as address:
        assert probe(address, with_tls=False) is None
