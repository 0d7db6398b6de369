"""JSON-RPC over WebSocket: what is true of HTTP is true here, and heads can be subscribed to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from urllib.parse import urlsplit

from ethlogs.node.channel import HandshakeRefusedError
from ethlogs.node.connections import Connections
from ethlogs.node.contact_errors import mapped_contact_errors
from ethlogs.node.exchange import exchange
from ethlogs.node.headers import request_headers
from ethlogs.node.machine import is_loopback, read_surroundings
from ethlogs.node.rpc import RawAnswer
from ethlogs.node.tcp import open_socket
from ethlogs.node.web_socket_channel import WebSocketAddress, WebSocketChannel
from ethlogs.settings import NodeSettings, display_url


class WebSocketTransport:
    """Connections that are kept open, each of which carries one request at a time."""

    def __init__(self, url: str, settings: NodeSettings) -> None:
        self._name = display_url(url)
        self._timeout_seconds = settings.request_timeout_seconds
        parts = urlsplit(url)
        # The library refuses a user without a password; the headers have both.
        plain_url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        # The machine's proxy and certificates are those of http(s).
        http_url = f"http{plain_url.removeprefix('ws')}"
        surroundings = read_surroundings(http_url, settings.ca_file)
        self._address = WebSocketAddress(
            plain_url,
            request_headers(url, settings),
            # Compression costs node and driver more than the loopback saves.
            compressed=not is_loopback(url),
            connect=partial(open_socket, http_url, surroundings),
        )
        self._connections = Connections(lambda: WebSocketChannel(self._address), WebSocketChannel.is_usable)

    def send(self, request: bytes) -> RawAnswer:
        """Send the request as one message; see :class:`ethlogs.node.transport.Transport`."""
        return next(self.send_all([request]))

    def send_all(self, requests: Sequence[bytes]) -> Iterator[RawAnswer]:
        """Send all requests before an answer is read; see :class:`ethlogs.node.transport.Transport`."""
        with self.mapped_errors():
            try:
                yield from exchange(self._connections, requests, self._timeout_seconds)
            except HandshakeRefusedError as exc:
                yield from (exc.answer for _ in requests)

    def open_channel(self) -> WebSocketChannel:
        """Return a new connection; see :class:`ethlogs.node.transport.Transport`."""
        return WebSocketChannel(self._address)

    def mapped_errors(self) -> AbstractContextManager[None]:
        """Map what a contact over TCP raises to the errors of a node."""
        return mapped_contact_errors(self._name, self._timeout_seconds)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()
