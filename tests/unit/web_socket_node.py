"""A fake node behind a real WebSocket server, which says and does what a real one cannot be made to."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

Respond = Callable[[ServerConnection, Any], None]


class WebSocketNode:
    """It keeps the headers of each handshake, and each connection and request."""

    def __init__(self, respond: Respond, refusal: Response | None) -> None:
        self.respond = respond
        self.refusal = refusal
        self.headers: list[Headers] = []
        self.requests: list[Any] = []
        self.connections: list[ServerConnection] = []
        self.url = ""

    def handle(self, connection: ServerConnection) -> None:
        """Serve one connection."""
        self.connections.append(connection)
        with contextlib.suppress(ConnectionClosed):
            for text in connection:
                request = json.loads(text)
                self.requests.append(request)
                self.respond(connection, request)

    def check(self, _connection: ServerConnection, request: Request) -> Response | None:
        """Look at a handshake."""
        self.headers.append(request.headers)
        return self.refusal


def answer(result: Any) -> Respond:
    """Answers every request with the same result."""
    return lambda connection, _request: connection.send(json.dumps({"id": 1, "result": result}))


def refusal(status: int, body: bytes = b"", **headers: str) -> Response:
    """An answer that opens no WebSocket."""
    return Response(status, "No", Headers({"Content-Length": str(len(body)), **headers}), body)


@contextlib.contextmanager
def web_socket_node(
    respond: Respond,
    refused: Response | None = None,
    certificate: Path | None = None,
    compression: str | None = "deflate",
) -> Iterator[WebSocketNode]:
    """A node that runs until the end of the block, over TLS where ``certificate`` is given with its key."""
    node, context = WebSocketNode(respond, refused), None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    with serve(
        node.handle,
        "127.0.0.1",
        0,
        ssl=context,
        compression=compression,
        process_request=node.check,
        close_timeout=0.1,
    ) as server:
        port = server.socket.getsockname()[1]
        node.url = f"wss://localhost:{port}" if certificate else f"ws://127.0.0.1:{port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield node
        finally:
            for connection in node.connections:
                connection.close_socket()
            server.shutdown()
            thread.join()
