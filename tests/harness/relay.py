"""A listener on a free port that passes each connection on to another port: what the proxies share."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Relay(ABC):
    """Accepts until the context ends; then every connection is cut."""

    def __init__(self, upstream_port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.upstream_port = upstream_port
        """Where connections lead; set it before the first one."""
        self.connections = 0
        """How many were passed on so far."""
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._thread = threading.Thread(target=self._accept, name="relay", daemon=True)

    @abstractmethod
    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        """Begin to pass on what the two say; :meth:`_end` when one of them has ended."""

    def _wants(self) -> bool:
        """Return whether a new connection is passed on."""
        return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        # close() alone does not wake a thread that is in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self._cut_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            with self._lock:
                self._pairs.add((client, server))
                self.connections += 1
            self._serve(client, server)

    def _connect(self) -> socket.socket:
        if not self._wants():
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.upstream_port))

    def _cut_all(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            _cut(*pair)

    def _end(self, client: socket.socket, server: socket.socket) -> None:
        _cut(client, server)
        with self._lock:
            self._pairs.discard((client, server))


def _cut(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
