"""A small real proxy: it forwards requests to http URLs, and passes bytes on for https ones (CONNECT)."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class HttpProxy:
    """It keeps the addresses that it was asked for, and who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.authorizations: list[str | None] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextlib.contextmanager
def http_proxy() -> Iterator[HttpProxy]:
    """A proxy that runs until the end of the block."""
    proxy = HttpProxy()
    thread = threading.Thread(target=proxy.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        thread.join()
        proxy.server.server_close()


def _handler_for(proxy: HttpProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._note(self.path)
            target = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with contextlib.closing(http.client.HTTPConnection(target.netloc)) as connection:
                connection.request("POST", target.path or "/", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_CONNECT(self) -> None:
            self._note(self.path)
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as upstream:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pass_on, args=(upstream, self.connection))
                back.start()
                _pass_on(self.connection, upstream)
                back.join()
            self.close_connection = True

        def _note(self, address: str) -> None:
            proxy.asked.append(address)
            proxy.authorizations.append(self.headers.get("Proxy-Authorization"))

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
