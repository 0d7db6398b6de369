"""One WebSocket connection: the protocol of the websockets library over a socket that knows the deadline.

Its own client is not used: that bounds neither a whole request nor the memory of all answers together, and
has a thread for each connection.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple

from urllib3.util import wait_for_read
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidMessage, InvalidState, PayloadTooBig
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from ethlogs.errors import NodeRefusedError, NodeUnavailableError
from ethlogs.node.answer_size import MAX_ANSWER_BYTES, ReceivedBody, too_large
from ethlogs.node.channel import CHUNK_BYTES, HandshakeRefusedError, end_connection
from ethlogs.node.deadline import deadline
from ethlogs.node.rpc import RawAnswer, read_location, read_retry_after
from ethlogs.settings import display_url

_PENDING_SECONDS = 0.001
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
_HINT = "is --node-url the address of the node's WebSocket port (geth's --ws.port)?"


class WebSocketAddress(NamedTuple):
    """The address to connect to, and the content of the handshake."""

    url: str
    headers: tuple[tuple[str, str], ...]
    compressed: bool
    connect: Callable[[], socket.socket]


class WebSocketChannel:
    """Connected with the first message."""

    def __init__(self, address: WebSocketAddress) -> None:
        self._address = address
        self._name = display_url(address.url)
        self._socket: socket.socket | None = None
        self._protocol = ClientProtocol(
            parse_uri(address.url),
            extensions=[ClientPerMessageDeflateFactory()] if address.compressed else None,
            max_size=MAX_ANSWER_BYTES,
        )
        self._message: list[bytes | bytearray] = []
        self._messages: list[bytes | bytearray] = []
        self._received_bytes = 0
        """Of the message that is being received."""
        self._unsent: list[bytes] = []

    def send(self, message: bytes) -> None:
        """Send a text message."""
        if self._socket is None:
            self._open()
        try:
            self._protocol.send_text(message)
        except InvalidState as exc:
            raise ConnectionResetError(f"the connection is closed: {exc}") from exc
        self._flush()

    def receive(self) -> bytes | bytearray:
        """Return the next message; see :class:`ethlogs.node.channel.Channel`."""
        with ReceivedBody(self._name) as body:
            while not self._messages:
                self._read(body)
        return self._messages.pop(0)

    def is_usable(self) -> bool:
        """Answer the server's pings; return whether it has not closed the connection meanwhile."""
        try:
            while self._has_input():
                with deadline(_PENDING_SECONDS), ReceivedBody(self._name) as body:
                    self._read(body)
        except TimeoutError:  # TLS had something for itself
            pass
        except (OSError, NodeUnavailableError):
            return False
        return not self._messages and not self._message and self._protocol.state is State.OPEN

    def _has_input(self) -> bool:
        connection = self._socket
        if connection is None:
            return False
        held = connection.pending() if isinstance(connection, ssl.SSLSocket) else 0
        return bool(held) or wait_for_read(connection, 0.0)

    def close(self) -> None:
        """Close the socket. A closing handshake would have to be waited for."""
        if self._socket is not None:
            end_connection(self._socket)

    def _open(self) -> None:
        self._socket = self._address.connect()
        request = self._protocol.connect()
        for name, value in self._address.headers:
            request.headers.pop(name, None)
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()
        response = self._read_response()
        if self._protocol.handshake_exc is not None:
            self._refuse(response)

    @property
    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise AssertionError("send() comes first")
        return self._socket

    def _read_response(self) -> Response | None:
        while self._protocol.handshake_exc is None:
            self._feed(self._connected.recv(CHUNK_BYTES))
            for event in self._protocol.events_received():
                if isinstance(event, Response):
                    return event
        return None

    def _refuse(self, response: Response | None) -> None:
        error = self._protocol.handshake_exc
        if response is None:
            if isinstance(error, InvalidMessage) and isinstance(error.__cause__, EOFError):
                raise ConnectionResetError("the node closed the connection in the handshake")
            raise NodeRefusedError(f"node {self._name} does not speak WebSocket: {error}", hint=_HINT)
        if response.status_code < 300:
            raise NodeRefusedError(
                f"node {self._name} does not open a WebSocket (HTTP {response.status_code})", hint=_HINT
            )
        raise HandshakeRefusedError(
            RawAnswer(
                bytes(response.body or b""),
                response.status_code,
                read_retry_after(_last(response, "Retry-After")),
                read_location(self._address.url, _last(response, "Location")),
            )
        )

    def _read(self, body: ReceivedBody) -> None:
        # Only now: a message that came with a ping, or before the node closed, is kept first.
        if self._protocol.close_rcvd is not None:
            raise self._ended(f"the node closed the connection: {self._protocol.close_rcvd}")
        self._flush()
        chunk = self._connected.recv(CHUNK_BYTES)
        self._received_bytes += len(chunk)
        self._feed(chunk)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        # Last, since the deadline may end here: what has come is kept by now.
        body.reserve(self._received_bytes)
        if isinstance(self._protocol.parser_exc, PayloadTooBig):
            raise too_large(self._name)
        if self._protocol.parser_exc is not None:
            raise self._ended(f"the node broke the protocol: {self._protocol.parser_exc}")

    def _ended(self, why: str) -> ConnectionResetError:
        with contextlib.suppress(OSError):
            self._flush()
        return ConnectionResetError(why)

    def _feed(self, chunk: bytes) -> None:
        if chunk:
            self._protocol.receive_data(chunk)
        else:
            self._protocol.receive_eof()
        if not chunk and self._protocol.handshake_exc is None:
            raise ConnectionResetError("the node closed the connection")

    def _take(self, frame: Frame) -> None:
        if frame.opcode not in _DATA:
            return
        data = frame.data
        self._message.append(data if isinstance(data, bytes | bytearray) else bytes(data))
        if frame.fin:
            whole = self._message[0] if len(self._message) == 1 else b"".join(self._message)
            self._messages.append(whole)
            self._message, self._received_bytes = [], 0

    def _flush(self) -> None:
        # An empty one asks for the end of the connection, which close() makes.
        self._unsent += filter(None, self._protocol.data_to_send())
        while self._unsent:
            self._connected.sendall(self._unsent[0])
            del self._unsent[0]


def _last(response: Response, name: str) -> str:
    """Return a header's last value: one that is sent twice is an error to the library."""
    return next(reversed(response.headers.get_all(name)), "")
