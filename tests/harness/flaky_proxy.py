"""A TCP proxy in front of a node whose connections can be cut, or fall silent without a sign."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class FlakyProxy:
    """Passes bytes on in both directions."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._silent: set[socket.socket] = set()
        self._refusing = False

    def cut(self, *, refuse: bool) -> None:
        """Cut every connection, and refuse new ones until :meth:`accept_again` where that is asked for."""
        with self._lock:
            self._refusing = refuse
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _end(*pair)

    def accept_again(self) -> None:
        """Accept connections after :meth:`cut`."""
        self._refusing = False

    def fall_silent(self) -> None:
        """Keep the present connections open, but pass on nothing that the node says."""
        with self._lock:
            self._silent.update(node for _, node in self._pairs)

    @property
    def connections(self) -> int:
        """How many were made so far, and not cut."""
        return len(self._pairs)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="flaky proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut(refuse=True)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._refusing:
                    client.close()
                    continue
                node = socket.create_connection(("127.0.0.1", self._upstream_port))
                with self._lock:
                    self._pairs.append((client, node))
                for source, target in ((client, node), (node, client)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if source not in self._silent:
                    target.sendall(data)
        _end(source, target)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
