"""One deadline over a whole request: name lookup, connecting, a proxy, TLS, headers and body together.

A socket's own timeout starts again with each byte that arrives, so a node that sends a byte now and then
holds a reader for ever. Here every operation of a socket has what is left of its thread's deadline.

This file reaches into urllib3: connections make their socket in ``_new_conn``, and pool managers take their
connection classes from ``pool_classes_by_scheme``; and into http.client, which reads a status line in
``_read_status``. Its tests fail when that changes.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import math
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

Address = tuple[Any, ...]


class _Deadline(threading.local):
    ends_at = math.inf


_deadline = _Deadline()


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound everything that this thread does with sockets of this module inside the block.

    A block inside another one ends with the earlier deadline of both.
    """
    outer = _deadline.ends_at
    _deadline.ends_at = min(outer, time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.ends_at = outer


def remaining_seconds() -> float | None:
    """Return what is left of this thread's deadline; ``None`` without one.

    Raises
    ------
    TimeoutError
        When nothing is left.
    """
    if _deadline.ends_at == math.inf:
        return None
    seconds = _deadline.ends_at - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


class DeadlineSocket(socket.socket):
    """A socket whose operations end with the thread's deadline."""

    def recv(self, *arguments: Any) -> bytes:
        """Receive within the deadline."""
        self.settimeout(remaining_seconds())
        return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        """Receive within the deadline; it is what http.client reads by."""
        self.settimeout(remaining_seconds())
        return super().recv_into(*arguments)

    def sendall(self, *arguments: Any) -> None:
        """Send within the deadline."""
        self.settimeout(remaining_seconds())
        return super().sendall(*arguments)


class DeadlineTlsSocket(ssl.SSLSocket):
    """A connection with a deadline, over TLS."""

    def do_handshake(self, block: bool = False) -> None:
        """Bound the whole handshake."""
        self.settimeout(remaining_seconds())
        super().do_handshake(block)

    def read(self, *arguments: Any) -> Any:
        """Receive within the deadline; every other way of receiving leads here."""
        self.settimeout(remaining_seconds())
        return super().read(*arguments)

    def send(self, *arguments: Any) -> int:
        """Send within the deadline; every other way of sending leads here."""
        self.settimeout(remaining_seconds())
        return super().send(*arguments)


def look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> list[tuple[int, int, int, Address]]:
    """Return a host's addresses as family, type, protocol and address, within the deadline.

    The lookup itself cannot be interrupted: it has a thread, which ends when the resolver gives up.

    Raises
    ------
    socket.gaierror
        When there are none.
    TimeoutError
        When the deadline is over.
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
        except (OSError, ValueError) as exc:  # ValueError: no host can have this name
            answers.put(exc)

    if is_address(host):
        ask()
    else:
        threading.Thread(target=ask, name="look up a node", daemon=True).start()
    try:
        answer = answers.get(timeout=remaining_seconds())
    except queue.Empty:
        raise TimeoutError("timed out") from None
    if isinstance(answer, Exception):
        raise answer
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in answer]


def is_address(host: str) -> bool:
    """Return whether a host is given by its address, for which nobody has to be asked."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def connect_to(host: str, port: int, options: Any = ()) -> DeadlineSocket:
    """Connect to the first address that accepts; each has its share of the deadline."""
    addresses = look_up(host.strip("[]"), port)
    error: OSError = OSError("the name has no address")
    for index, (family, kind, protocol, address) in enumerate(addresses):
        left = remaining_seconds()
        connection = DeadlineSocket(family, kind, protocol)
        try:
            for option in options or ():
                connection.setsockopt(*option)
            connection.settimeout(None if left is None else left / (len(addresses) - index))
            connection.connect(address)
        except OSError as exc:
            connection.close()
            error = exc
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise error


def _open(connection: Any) -> DeadlineSocket:
    """Make an urllib3 connection's socket, with the errors that urllib3 expects."""
    try:
        return connect_to(connection.host, connection.port, connection.socket_options)
    except socket.gaierror as exc:
        raise NameResolutionError(connection.host, connection, exc) from exc
    except TimeoutError as exc:
        raise ConnectTimeoutError(connection, f"connecting to {connection.host} timed out") from exc
    except (OSError, ValueError) as exc:
        raise NewConnectionError(connection, f"connecting failed: {exc}") from exc


class _FinalResponse(http.client.HTTPResponse):
    """The answer behind all interim ones: the standard library takes one like 103 for the answer itself."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]  # not in the stubs
        is_interim = http.client.SWITCHING_PROTOCOLS < status < http.client.OK
        return version, http.client.CONTINUE if is_interim else status, reason


class PlainConnection(HTTPConnection):
    """A connection without TLS, with a deadline."""

    response_class = _FinalResponse

    def _new_conn(self) -> socket.socket:
        return _open(self)


class TlsConnection(HTTPSConnection):
    """A connection with TLS, with a deadline."""

    response_class = _FinalResponse

    def __init__(self, *arguments: Any, ssl_context: ssl.SSLContext | None = None, **more: Any) -> None:
        super().__init__(*arguments, ssl_context=ssl_context or _build_context(), **more)

    def _new_conn(self) -> socket.socket:
        return _open(self)


def _build_context() -> ssl.SSLContext:
    context = create_urllib3_context()
    context.sslsocket_class = DeadlineTlsSocket
    return context


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class DeadlineAdapter(HTTPAdapter):
    """The adapter of a requests session whose sockets know the deadline."""

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """Make the pool of direct connections."""
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **more: Any) -> Any:
        """Make the pool of connections through a proxy."""
        if proxy not in self.proxy_manager:
            more["proxy_ssl_context"] = _build_context()
        manager = super().proxy_manager_for(proxy, **more)
        manager.pool_classes_by_scheme = _POOLS
        return manager
