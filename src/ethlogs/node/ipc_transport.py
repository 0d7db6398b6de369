"""JSON-RPC over geth's local socket."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence

from urllib3.util import wait_for_read

from ethlogs.errors import NodeUnavailableError
from ethlogs.node.answer_size import ReceivedBody
from ethlogs.node.channel import CHUNK_BYTES, end_connection
from ethlogs.node.connections import Connections
from ethlogs.node.deadline import DeadlineSocket, remaining_seconds
from ethlogs.node.exchange import exchange
from ethlogs.node.rpc import RawAnswer


class IpcTransport:
    """One answer a line. After an error a connection is not used again: what is left of an answer must
    not be taken for the next one.
    """

    def __init__(self, path: str, timeout_seconds: float) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._connections = Connections(lambda: IpcChannel(path), IpcChannel.is_usable)

    def send(self, request: bytes) -> RawAnswer:
        """Write the request and read one line; see :class:`ethlogs.node.transport.Transport`."""
        return next(self.send_all([request]))

    def send_all(self, requests: Sequence[bytes]) -> Iterator[RawAnswer]:
        """Write all requests before a line is read; see :class:`ethlogs.node.transport.Transport`."""
        with self.mapped_errors():
            yield from exchange(self._connections, requests, self._timeout_seconds)

    def open_channel(self) -> IpcChannel:
        """Return a new connection; see :class:`ethlogs.node.transport.Transport`."""
        return IpcChannel(self._path)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    @contextlib.contextmanager
    def mapped_errors(self) -> Iterator[None]:
        """Map what a socket raises to the errors of a node."""
        try:
            yield
        except FileNotFoundError as exc:
            raise NodeUnavailableError(
                f"there is no socket {self._path}", hint="is geth running, with --ipcpath at this path?"
            ) from exc
        except OSError as exc:
            raise NodeUnavailableError(f"node ipc://{self._path} cannot be reached: {exc}") from exc


class IpcChannel:
    """Connected with the first message."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: DeadlineSocket | None = None
        self._received = bytearray()
        """What has come behind the newest message."""

    def send(self, message: bytes) -> None:
        """Send a line."""
        if self._socket is None:
            self._socket = DeadlineSocket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(remaining_seconds())
            self._socket.connect(self._path)
        self._socket.sendall(message + b"\n")

    def receive(self) -> bytearray:
        """Return the next line; see :class:`ethlogs.node.channel.Channel`."""
        if self._socket is None:
            raise AssertionError("send() comes first")
        with ReceivedBody(f"ipc://{self._path}") as body:
            body.content, searched_bytes = self._received, 0
            while (end := body.content.find(b"\n", searched_bytes)) < 0:
                searched_bytes = len(body.content)
                chunk = self._socket.recv(CHUNK_BYTES)
                if not chunk:
                    raise ConnectionResetError("the node closed the connection")
                body.add(chunk)
            self._received = body.content[end + 1 :]
            del body.content[end + 1 :]
            return body.content

    def is_usable(self) -> bool:
        """Return whether nothing has come, or is left, that would be taken for the next answer."""
        return not self._received and (self._socket is None or not wait_for_read(self._socket, 0.0))

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            end_connection(self._socket)
