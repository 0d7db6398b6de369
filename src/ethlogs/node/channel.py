"""A connection on which messages go both ways: a request and its answer, or what a node sends by itself."""

from __future__ import annotations

import contextlib
import socket
from typing import Protocol

from ethlogs.node.rpc import RawAnswer

CHUNK_BYTES = 256 << 10


class Channel(Protocol):
    """One connection, used by one thread at a time; each call ends with the thread's deadline."""

    def send(self, message: bytes) -> None:
        """Send a message; raises OSError."""

    def receive(self) -> bytes | bytearray:
        """Return the next message.

        Raises
        ------
        TimeoutError
            When the deadline is over. What came of a message by then is kept for the next call.
        OSError
            When the connection is lost.
        """

    def close(self) -> None:
        """Close it."""


def end_connection(connection: socket.socket) -> None:
    """Close a socket, and wake the thread that waits on it: close() alone leaves that waiting."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class HandshakeRefusedError(Exception):
    """The server has not opened the channel; its answer is judged as any other answer is."""

    def __init__(self, answer: RawAnswer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer
