"""JSON-RPC over geth's local socket."""

from __future__ import annotations

import socket

from ethlogs.errors import NodeUnavailableError
from ethlogs.node.answer_size import ReceivedBody
from ethlogs.node.connections import Connections
from ethlogs.node.deadline import DeadlineSocket, deadline, remaining_seconds
from ethlogs.node.rpc import RawAnswer

_CHUNK_BYTES = 256 << 10


class IpcTransport:
    """One answer a line. After an error a connection is not used again: what is left of an answer must
    not be taken for the next one.
    """

    def __init__(self, path: str, timeout_seconds: float) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._connections = Connections(lambda: _IpcConnection(path))

    def send(self, request: bytes) -> RawAnswer:
        """Write the request and read one line; see :class:`ethlogs.node.transport.Transport`."""
        try:
            with deadline(self._timeout_seconds), self._connections.lend() as connection:
                return RawAnswer(connection.ask(request + b"\n"))
        except FileNotFoundError as exc:
            raise NodeUnavailableError(
                f"there is no socket {self._path}", hint="is geth running, with --ipcpath at this path?"
            ) from exc
        except OSError as exc:
            raise NodeUnavailableError(f"node ipc://{self._path} cannot be reached: {exc}") from exc

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()


class _IpcConnection:
    """Connected with the first request."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: DeadlineSocket | None = None

    def ask(self, line: bytes) -> bytearray:
        if self._socket is None:
            self._socket = DeadlineSocket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(remaining_seconds())
            self._socket.connect(self._path)
        self._socket.sendall(line)
        with ReceivedBody(f"ipc://{self._path}") as body:
            while not body.content.endswith(b"\n"):
                chunk = self._socket.recv(_CHUNK_BYTES)
                if not chunk:
                    raise ConnectionResetError("the node closed the connection")
                body.add(chunk)
            return body.content

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
