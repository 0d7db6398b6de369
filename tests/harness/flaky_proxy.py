"""A TCP proxy in front of a node whose connections can be cut, be slow, or fall silent without a sign."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from tests.harness.relay import Relay


class FlakyProxy(Relay):
    """Passes bytes on in both directions."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self._silent: set[socket.socket] = set()
        self._refusing = False
        self._delay_seconds = 0.0

    def cut(self, *, refuse: bool) -> None:
        """Cut every connection, and refuse new ones until :meth:`accept_again` where that is asked for."""
        self._refusing = refuse
        self._cut_all()

    def accept_again(self) -> None:
        """Accept connections after :meth:`cut`."""
        self._refusing = False

    def delay(self, seconds: float) -> None:
        """Pass on what the node says so much later."""
        self._delay_seconds = seconds

    def fall_silent(self) -> None:
        """Keep the present connections open, but pass on nothing that the node says."""
        with self._lock:
            self._silent.update(node for _, node in self._pairs)

    def _wants(self) -> bool:
        return not self._refusing

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self._pass, args=(source, target, (client, server)), daemon=True).start()

    def _pass(
        self, source: socket.socket, target: socket.socket, pair: tuple[socket.socket, socket.socket]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if source is pair[1]:
                    time.sleep(self._delay_seconds)
                if source not in self._silent:
                    target.sendall(data)
        self._end(*pair)
