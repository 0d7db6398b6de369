"""A fake node on a real socket: it answers as it is asked to, since a real one cannot be made to."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

Json = Any
GENESIS = "0x" + "aa" * 32


class Reply(NamedTuple):
    """What is sent back; ``pieces`` go out one by one, with a pause after each."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = ()
    pause_seconds: float = 0.0
    announced_bytes: int | None = None


class LocalNode:
    """An HTTP server whose ``respond`` may be exchanged while it runs; it keeps every request."""

    def __init__(self, respond: Callable[[Json], Reply]) -> None:
        self.respond = respond
        self.requests: list[Json] = []
        self.headers: list[Message] = []
        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def methods(self) -> list[str]:
        """The methods that were asked for, in order."""
        return [request["method"] for request in self.requests]


@contextlib.contextmanager
def local_node(respond: Callable[[Json], Reply], certificate: Path | None = None) -> Iterator[LocalNode]:
    """A node that runs until the end of the block, over TLS where ``certificate`` is given with its key."""
    node = LocalNode(respond)
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        node.server.socket = context.wrap_socket(node.server.socket, server_side=True)
    thread = threading.Thread(target=node.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield node
    finally:
        node.released.set()
        node.server.shutdown()
        thread.join()
        node.server.server_close()


def result(value: Json) -> Reply:
    """A JSON-RPC answer."""
    return Reply(json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


def failure(code: int, message: str) -> Reply:
    """A JSON-RPC error."""
    error = {"code": code, "message": message}
    return Reply(json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode())


def chain(chain_id: int = 1, genesis: str = GENESIS, head: int = 7) -> Callable[[Json], Reply]:
    """A node of a chain, which knows its id, its genesis block and its height."""
    answers = {
        "eth_chainId": hex(chain_id),
        "eth_getBlockByNumber": {"hash": genesis, "number": "0x0"},
        "eth_blockNumber": hex(head),
    }
    return lambda request: result(answers[request["method"]])


def _handler_for(node: LocalNode) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            node.headers.append(self.headers)
            node.requests.append(request)
            reply = node.respond(request)
            length = len(reply.body) + sum(map(len, reply.pieces))
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            announced = length if reply.announced_bytes is None else reply.announced_bytes
            self.send_header("Content-Length", str(announced))
            self.end_headers()
            self.close_connection = announced != length
            with contextlib.suppress(OSError):
                self.wfile.write(reply.body)
                for piece in reply.pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    node.released.wait(reply.pause_seconds)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
