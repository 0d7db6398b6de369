"""A probe of what a port speaks, without any secret: clear text or TLS, and which SASL mechanisms.

kafka-python sees only a closed connection where ``security.protocol`` is not the listener's. A SaslHandshake
request (KIP-43) is answered by every listener: with the mechanisms where it asks for a login, else with an
error.
"""

from __future__ import annotations

import re
import socket
import ssl
import struct
import time
from dataclasses import dataclass

_SECONDS = 3.0
_LEAST_SECONDS = 0.001
"""A timeout of 0 would mean a socket that never waits."""
_NAME = re.compile(rb"[A-Za-z0-9_-]{1,64}")
"""A mechanism's: what a port sends must not be more than that on a terminal."""
_SASL_HANDSHAKE, _VERSION, _CORRELATION = 17, 1, 7
_MECHANISM = b"ETHLOGS-PROBE"
"""One that no broker knows: it answers with those that it does know."""
_ILLEGAL_SASL_STATE = 34
_MAX_BYTES = 1 << 16
_NO_ANSWER = (OSError, EOFError, struct.error)


@dataclass(frozen=True)
class Listener:
    """A port on which a broker answered."""

    address: str
    tls: bool
    mechanisms: tuple[str, ...] | None
    """The SASL mechanisms; empty where it takes no login, ``None`` where that is not known."""
    wants_certificate: bool = False
    """Whether it ended a TLS connection that had no client certificate; then nothing else is known."""

    def protocol(self, with_login: bool) -> str:
        """The value of ``security.protocol`` that fits; ``with_login`` counts where the port did not say."""
        login = with_login if self.mechanisms is None else bool(self.mechanisms)
        return ("SASL_" if login else "") + ("SSL" if self.tls else "PLAINTEXT")


def probe(address: str, with_tls: bool) -> Listener | None:
    """Ask a port what it speaks; ``None`` where no broker answers.

    ``with_tls`` is whether the settings ask for TLS: then nothing goes out in clear text, not even this.

    Raises
    ------
    OSError
        When no connection can be made: with ``socket.gaierror`` the host is not known.
    """
    found = None if with_tls else _ask_in_clear_text(address)
    if found is not None:
        return found
    secured = _ask_with_tls(address)
    # What does not speak TLS is a broker only where nothing was asked in clear text.
    return secured if secured is None or secured.tls or with_tls else None


def _ask_in_clear_text(address: str) -> Listener | None:
    with _connect(address) as connection:
        try:
            return _ask(connection, address, tls=False)
        except _NO_ANSWER:
            return None


def _ask_with_tls(address: str) -> Listener | None:
    with _connect(address) as plain:
        try:
            wrapped = _context().wrap_socket(plain)
        except TimeoutError:
            return None
        except (ssl.SSLError, ConnectionError) as exc:
            # A broker closes a connection whose first bytes it takes for the size of an enormous request.
            return Listener(address, tls=False, mechanisms=None) if _is_no_tls(exc) else None
        with wrapped:
            try:
                return _ask(wrapped, address, tls=True)
            except ssl.SSLError as exc:
                # With TLS 1.3 the alert comes after the handshake.
                return Listener(address, True, None, wants_certificate=True) if "ALERT" in str(exc) else None
            except _NO_ANSWER:
                return None


def _is_no_tls(exc: OSError) -> bool:
    return isinstance(exc, ssl.SSLEOFError | ConnectionError) or "WRONG_VERSION_NUMBER" in str(exc)


def _connect(address: str) -> socket.socket:
    host, _, port = address.strip().rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _SECONDS)


def _context() -> ssl.SSLContext:
    """Nothing is sent that others must not read, so whose certificate it is does not matter here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(connection: socket.socket, address: str, *, tls: bool) -> Listener:
    connection.sendall(_build_request())
    error, mechanisms = _parse_answer(_receive(connection))
    return Listener(address, tls, () if error == _ILLEGAL_SASL_STATE else mechanisms)


def _build_request() -> bytes:
    header = struct.pack(">hhi", _SASL_HANDSHAKE, _VERSION, _CORRELATION) + _text(b"ethlogs")
    body = header + _text(_MECHANISM)
    return struct.pack(">i", len(body)) + body


def _text(value: bytes) -> bytes:
    return struct.pack(">h", len(value)) + value


def _receive(connection: socket.socket) -> bytes:
    ends_at = time.monotonic() + _SECONDS
    (size,) = struct.unpack(">i", _receive_exactly(connection, 4, ends_at))
    if not 0 < size <= _MAX_BYTES:
        raise EOFError("not an answer of a broker")
    return _receive_exactly(connection, size, ends_at)


def _receive_exactly(connection: socket.socket, size: int, ends_at: float) -> bytes:
    """Receive so much by then: a socket's own timeout starts again with each byte that trickles in."""
    found = b""
    while len(found) < size:
        connection.settimeout(max(ends_at - time.monotonic(), _LEAST_SECONDS))
        part = connection.recv(size - len(found))
        if not part:
            raise EOFError("the connection was closed")
        found += part
    return found


def _parse_answer(answer: bytes) -> tuple[int, tuple[str, ...]]:
    correlation, error, count = struct.unpack_from(">ihi", answer)
    if correlation != _CORRELATION:
        raise EOFError("not an answer of a broker")
    mechanisms, position = [], 10
    for _ in range(max(count, 0)):
        (length,) = struct.unpack_from(">h", answer, position)
        name = answer[position + 2 : position + 2 + length] if length > 0 else b""
        if len(name) != length or not _NAME.fullmatch(name):
            raise EOFError("not an answer of a broker")
        mechanisms.append(name.decode())
        position += 2 + length
    return error, tuple(mechanisms)
