"""A node that lies, lags or fails, in front of one that does not."""

from __future__ import annotations

import contextlib
import itertools
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from types import TracebackType
from typing import Any, Self

import requests

Rule = Callable[[list[Any], Any], Any]
"""Given the params and the honest result, the result that is sent; or it raises :class:`Reply`."""


class Reply(Exception):  # noqa: N818 - no error: the way for a rule to answer with anything
    """An answer that is not a JSON-RPC result.

    With ``withheld`` it announces so many bytes more than it sends, and then cuts the connection. One that
    is ``trickled`` sends a byte of its headers now and then, until the client has had enough.
    """

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        withheld: int = 0,
        *,
        trickled: bool = False,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.withheld = withheld
        self.trickled = trickled

    @classmethod
    def rpc_error(cls, code: int, message: str, status: int = 200) -> Reply:
        """A JSON-RPC error object."""
        error = {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}
        return cls(status, json.dumps(error).encode())


def _server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a handshake that was cut."""


class LyingNode:
    """A fake, because a real geth cannot be made to lie: it passes every call to a real geth and alters
    the answers of those methods that have a rule. What it leaves alone is the real thing.
    """

    def __init__(self, honest_url: str, certificate: Path | None = None) -> None:
        """With ``certificate``, the file of a key and its certificate for localhost, it speaks TLS."""
        self._honest_url = honest_url
        self._tls = _server_context(certificate) if certificate else None
        self.cuts_handshakes = False
        self._rules: dict[str, Rule] = {}
        self._connections: set[Any] = set()
        self.calls: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), self._build_handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        place = "https://localhost" if self._tls else "http://127.0.0.1"
        return f"{place}:{self._server.server_address[1]}"

    def when(self, method: str, rule: Rule, times: int | None = None) -> Self:
        """Answer a method by a rule, always or only the first ``times``."""
        left = iter(range(times)) if times is not None else None

        def limited(params: list[Any], result: Any) -> Any:
            if left is not None and next(left, None) is None:
                return result
            return rule(params, result)

        self._rules[method] = limited
        return self

    def always(self, reply: Reply, times: int | None = None) -> Self:
        """Answer every method with one reply."""

        def answer(params: list[Any], result: Any) -> Any:
            raise reply

        return self.when("*", answer, times)

    def be_honest(self) -> None:
        """Forget the rules."""
        self._rules.clear()
        self.cuts_handshakes = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and cut every connection."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.cut_connections()

    def cut_connections(self) -> None:
        """Cut every connection that is open."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(SHUT_RDWR)

    def _answer(self, body: bytes) -> Reply:
        request = json.loads(body)
        method, params = request["method"], request["params"]
        self.calls[method] += 1
        with requests.Session() as session:
            honest = session.post(self._honest_url, json=request, timeout=60).json()
        rule = self._rules.get(method) or self._rules.get("*")
        if rule is not None:
            try:
                honest = {"jsonrpc": "2.0", "id": 1, "result": rule(params, honest.get("result"))}
            except Reply as reply:
                return reply
        return Reply(200, json.dumps(honest).encode())

    def _build_handler(self) -> type[BaseHTTPRequestHandler]:
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def setup(self) -> None:
                if node._tls is not None:
                    if node.cuts_handshakes:
                        self.request.shutdown(SHUT_RDWR)
                    self.request = node._tls.wrap_socket(self.request, server_side=True)
                super().setup()
                node._connections.add(self.connection)

            def finish(self) -> None:
                node._connections.discard(self.connection)
                super().finish()

            def do_POST(self) -> None:
                reply = node._answer(self.rfile.read(int(self.headers["Content-Length"])))
                if reply.trickled:
                    self._trickle()
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) + reply.withheld))
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = self.close_connection or reply.withheld > 0

            def _trickle(self) -> None:
                self.close_connection = True
                for byte in itertools.chain(b"HTTP/1.1 200 OK\r\n", itertools.cycle(b"X-Slow: yes\r\n")):
                    self.connection.sendall(bytes([byte]))
                    time.sleep(0.05)

            def handle_one_request(self) -> None:
                """Let go of a client that was killed in the middle of its request."""
                try:
                    super().handle_one_request()
                except (OSError, json.JSONDecodeError):
                    self.close_connection = True

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        return Handler
