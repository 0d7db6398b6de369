"""Carrying a JSON-RPC request to one node: bytes out, bytes back, every wait bounded.

web3's own providers are not used here: they decode with the standard library's JSON (5 times
slower on receipts), read a socket 4 KiB at a time, and bound neither the size of an answer nor the
time from its first byte to its last.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from ethlogs.errors import NodeRefusedError, NodeUnavailableError, SettingsError
from ethlogs.settings import NodeSettings, display_url

MAX_ANSWER_BYTES = 1 << 30
"""No real block comes near this; an endless answer must not fill the memory."""

_CHUNK_BYTES = 256 << 10
_URL_FORMS = "give --node-url as http://HOST:PORT, https://HOST/PATH or ipc:///path/to/geth.ipc"


class Transport(Protocol):
    """One way to one node."""

    def send(self, request: bytes) -> bytes:
        """Return the answer's body.

        Raises
        ------
        NodeUnavailableError
            When asking again may help.
        NodeRefusedError
            When it does not.
        """

    def close(self) -> None:
        """Close every thread's connection; one that is in use fails."""


def check_url(url: str) -> None:
    """Refuse what cannot be a node's URL, before anything is asked; what may be a secret in it is not told.

    Raises
    ------
    SettingsError
        When it is none of the forms that a node is asked by.
    """
    name = display_url(url)
    try:
        parts = urlsplit(url)
        placed = parts.path.startswith("/") if parts.scheme == "ipc" else bool(parts.hostname)
        usable = placed and parts.port != 0
    except ValueError:
        raise SettingsError(f"node URL {name} cannot be used", hint=_URL_FORMS) from None
    if parts.scheme not in ("http", "https", "ipc"):
        scheme = f"the scheme {parts.scheme!r}" if parts.scheme else "no scheme"
        raise SettingsError(f"node URL {name} has {scheme}", hint=_URL_FORMS)
    if not usable:
        raise SettingsError(f"node URL {name} cannot be used", hint=_URL_FORMS)


def open_transport(url: str, settings: NodeSettings) -> Transport:
    """The transport for an ``http(s)://`` or ``ipc:///path`` URL; raises as :func:`check_url`."""
    check_url(url)
    if urlsplit(url).scheme == "ipc":
        return IpcTransport(urlsplit(url).path, settings.request_timeout_seconds)
    return HttpTransport(url, settings)


class HttpTransport:
    """JSON-RPC over HTTP: one kept-alive connection a thread; proxies as requests understands them."""

    def __init__(self, url: str, settings: NodeSettings) -> None:
        self._url = url
        self._name = display_url(url)
        self._settings = settings
        self._timeout_seconds = settings.request_timeout_seconds
        self._local = threading.local()
        self._sessions: list[_Session] = []
        # Compression costs node and driver more than the loopback saves.
        self._encoding = "identity" if _is_loopback(url) else "gzip"

    def send(self, request: bytes) -> bytes:
        """Post the request; see :class:`Transport`."""
        with self._mapped_errors():
            return self._post(request)

    def close(self) -> None:
        """Close every thread's connection; see :class:`Transport`."""
        for session in self._sessions:
            session.close()

    def _post(self, request: bytes) -> bytes:
        deadline = time.monotonic() + self._timeout_seconds
        with self._session().post(request, self._timeout_seconds) as response:
            self._check_status(response)
            chunks, size_bytes = [], 0
            # Not iter_content, which waits for a whole chunk, however slowly its bytes trickle in.
            while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
                chunks.append(chunk)
                size_bytes += len(chunk)
                _check_bounds(size_bytes, deadline, self._name)
            return b"".join(chunks)

    def _session(self) -> _Session:
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session(self._url, self._encoding, self._settings)
            self._sessions.append(session)
        return session

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        if status == 429 or status >= 500:
            wait = _retry_after_seconds(response)
            what = "limits the rate of requests (HTTP 429)" if status == 429 else f"answered HTTP {status}"
            raise NodeUnavailableError(f"node {self._name} {what}", retry_after_seconds=wait)
        if response.is_redirect:
            # Followed, a POST would become a GET, and the headers of --node-header-file would go elsewhere.
            place = display_url(urljoin(self._url, response.headers["Location"]))
            raise NodeRefusedError(
                f"node {self._name} sends this client elsewhere (HTTP {status} to {place})",
                hint="give --node-url the address that it is sent to, where that is a node's and not a login",
            )
        if status in (401, 403):
            raise NodeRefusedError(
                f"node {self._name} refuses access (HTTP {status})",
                hint="is the token in --node-url or --node-header-file right, and does a proxy allow this?",
            )
        raise NodeRefusedError(
            f"node {self._name} answered HTTP {status} to a JSON-RPC request",
            hint="is --node-url the address of the node's JSON-RPC port?",
        )

    @contextlib.contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        """``from None``: the texts of requests repeat the URL, tokens included, and a log has causes."""
        try:
            yield
        except requests.exceptions.SSLError as exc:
            raise NodeRefusedError(
                f"the TLS certificate of node {self._name} was not accepted: {_innermost(exc)}",
                hint="give --node-ca-file, the file of the company's CA certificates",
            ) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            raise SettingsError(
                f"node URL {self._name} cannot be used",
                hint="give --node-url as http://HOST:PORT or https://HOST/PATH",
            ) from None
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            raise NodeUnavailableError(
                f"node {self._name} did not answer within {self._timeout_seconds:g} seconds"
            ) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as exc:
            raise NodeUnavailableError(f"node {self._name} cannot be reached: {_innermost(exc)}") from None


class _Session:
    """One thread's kept-alive connection.

    requests looks for proxies, CA certificates and a netrc file anew for each request, which costs more
    than sending it: here that is done once.
    """

    def __init__(self, url: str, encoding: str, settings: NodeSettings) -> None:
        headers = {"Content-Type": "application/json", "Accept-Encoding": encoding, **dict(settings.headers)}
        self._session = requests.Session()
        self._request = self._session.prepare_request(requests.Request("POST", url, headers))
        self._environment = self._session.merge_environment_settings(url, {}, True, settings.ca_file, None)

    def post(self, body: bytes, timeout_seconds: float) -> requests.Response:
        """Send the request; the answer's body is still to be read."""
        request = self._request
        request.prepare_body(body, None)
        if self._session.cookies:  # with which a load balancer keeps a client on one node
            request.headers.pop("Cookie", None)
            request.prepare_cookies(self._session.cookies)
        return self._session.send(
            request, timeout=timeout_seconds, allow_redirects=False, **self._environment
        )

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


class IpcTransport:
    """JSON-RPC over geth's local socket: one connection a thread, one answer a line."""

    def __init__(self, path: str, timeout_seconds: float) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._local = threading.local()
        self._connections: set[socket.socket] = set()

    def send(self, request: bytes) -> bytes:
        """Write the request and read one line; see :class:`Transport`."""
        deadline = time.monotonic() + self._timeout_seconds
        try:
            with self._dropped_on_error():
                connection = self._connection()
                connection.sendall(request + b"\n")
                return self._read_line(connection, deadline)
        except FileNotFoundError as exc:
            raise NodeUnavailableError(
                f"there is no socket {self._path}", hint="is geth running, with --ipcpath at this path?"
            ) from exc
        except OSError as exc:
            raise NodeUnavailableError(f"node ipc://{self._path} cannot be reached: {exc}") from exc

    def close(self) -> None:
        """Close every thread's connection; see :class:`Transport`."""
        for connection in list(self._connections):
            connection.close()

    def _connection(self) -> socket.socket:
        connection: socket.socket | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout_seconds)
            self._connections.add(connection)
            self._local.connection = connection
            connection.connect(self._path)
        return connection

    def _read_line(self, connection: socket.socket, deadline: float) -> bytes:
        body = bytearray()
        while not body.endswith(b"\n"):
            chunk = connection.recv(_CHUNK_BYTES)
            if not chunk:
                raise ConnectionResetError("the node closed the connection")
            body += chunk
            _check_bounds(len(body), deadline, f"ipc://{self._path}")
        return bytes(body)

    @contextlib.contextmanager
    def _dropped_on_error(self) -> Iterator[None]:
        """What is left of an answer must not be taken for the next one's."""
        try:
            yield
        except BaseException:
            connection: socket.socket | None = getattr(self._local, "connection", None)
            if connection is not None:
                connection.close()
                self._connections.discard(connection)
            self._local.connection = None
            raise


def _check_bounds(size_bytes: int, deadline: float, name: str) -> None:
    if size_bytes > MAX_ANSWER_BYTES:
        raise NodeRefusedError(f"node {name} sent an answer of more than {MAX_ANSWER_BYTES} bytes")
    if time.monotonic() > deadline:
        raise NodeUnavailableError(f"node {name} was too slow: its answer did not end in time")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _retry_after_seconds(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), 60.0) if text.isdecimal() else 0.0


def _innermost(exc: BaseException) -> str:
    """The cause of a wrapped network error, without the URL that the wrappers repeat."""
    seen = exc
    while True:
        reason = getattr(seen, "reason", None)
        following = reason if isinstance(reason, BaseException) else seen.__cause__ or seen.__context__
        if following is None:
            break
        seen = following
    return getattr(seen, "strerror", None) or str(seen) or type(seen).__name__
