"""A TCP proxy in front of a broker that can lose the answer to a request of a given kind."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from ethlogs_devnet import KafkaBroker
from tests.harness.relay import Relay

END_TXN = 26
"""The API key of EndTxn, which commits or aborts a transaction."""


class TcpProxy(Relay):
    """Passes bytes on in both directions until :meth:`lose_answer` makes it fail.

    Requests of Kafka's protocol begin with their length (4 bytes) and their API key (2 bytes).
    """

    def __init__(self) -> None:
        super().__init__()
        self.lost = 0
        """How many answers were lost."""
        self._api_key = -1
        self._times = 0

    def lose_answer(self, api_key: int, times: int) -> None:
        """Forward the next ``times`` requests of this kind; cut the connection when the answer is there."""
        with self._lock:
            self._api_key, self._times = api_key, times

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        losing = threading.Event()
        for target in (self._pass_requests, self._pass_answers):
            threading.Thread(target=target, args=(client, server, losing), daemon=True).start()

    def _pass_requests(self, client: socket.socket, broker: socket.socket, losing: threading.Event) -> None:
        with contextlib.suppress(OSError), client.makefile("rb") as requests:
            while len(head := requests.read(6)) == 6:
                length, api_key = struct.unpack(">iH", head)
                rest = requests.read(length - 2)
                self._maybe_lose(api_key, losing)
                broker.sendall(head + rest)
        self._end(client, broker)

    def _pass_answers(self, client: socket.socket, broker: socket.socket, losing: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := broker.recv(1 << 16):
                if losing.is_set():
                    self.lost += 1
                    break
                client.sendall(data)
        self._end(client, broker)

    def _maybe_lose(self, api_key: int, losing: threading.Event) -> None:
        with self._lock:
            if api_key == self._api_key and self._times > 0:
                self._times -= 1
                losing.set()


@contextlib.contextmanager
def proxied_broker(folder: Path) -> Iterator[tuple[KafkaBroker, TcpProxy]]:
    """A broker that clients reach through a proxy only."""
    with TcpProxy() as proxy:
        advertised = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{proxy.port}"}
        broker = KafkaBroker(folder, advertised)
        proxy.upstream_port = broker.ports[0]
        with broker:
            yield broker, proxy
