"""A TCP proxy that makes a broker far away: each answer takes longer, and none of the bandwidth is lost."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Self


class SlowProxy:
    """Passes bytes on, TLS or not, those to the client ``delay_seconds`` later."""

    def __init__(self, delay_seconds: float) -> None:
        self.delay_seconds = delay_seconds
        """It may change meanwhile."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.upstream_port = 0
        """The port of the broker; set it before the first connection."""
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="slow proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    broker = socket.create_connection(("127.0.0.1", self.upstream_port))
                except OSError:
                    client.close()  # whoever is behind this is away, and may come back
                    continue
                self._sockets += [client, broker]
                self._pass(client, broker, lambda: 0.0)
                self._pass(broker, client, lambda: self.delay_seconds)

    def _pass(self, source: socket.socket, target: socket.socket, delay: Callable[[], float]) -> None:
        """Two threads: what arrives is stamped at once, so that delays do not add up."""
        under_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

        def receive() -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(1 << 16):
                    under_way.put((time.monotonic() + delay(), data))
            under_way.put((0.0, b""))

        def send() -> None:
            with contextlib.suppress(OSError):
                while True:
                    due, data = under_way.get()
                    if not data:
                        break
                    time.sleep(max(0.0, due - time.monotonic()))
                    target.sendall(data)
            for one in (source, target):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

        for work in (receive, send):
            threading.Thread(target=work, daemon=True).start()
