"""JSON-RPC over HTTP and HTTPS, directly or through the environment's proxy.

web3's own providers are not used here: they decode with the standard library's JSON (5 times
slower on receipts), read a socket 4 KiB at a time, and bound neither the size of an answer nor the
time from its first byte to its last.
"""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_auth_from_url

from ethlogs.errors import NodeRefusedError, NodeUnavailableError, SettingsError
from ethlogs.node.answer_size import ReceivedBody
from ethlogs.node.connections import Connections
from ethlogs.node.deadline import DeadlineAdapter, deadline
from ethlogs.node.headers import headers_for
from ethlogs.node.machine import Surroundings, read_surroundings
from ethlogs.node.rpc import RawAnswer
from ethlogs.settings import NodeSettings, display_url

_CHUNK_BYTES = 256 << 10
_ERROR_BYTES = 1 << 20
"""So much of an answer with an HTTP error status is read: it may be JSON-RPC, or a page of any length."""
_LONGEST_RETRY_AFTER_SECONDS = 60.0


class HttpTransport:
    """Kept-alive connections; proxies as requests understands them."""

    def __init__(self, url: str, settings: NodeSettings) -> None:
        self._url = url
        self._name = display_url(url)
        self._timeout_seconds = settings.request_timeout_seconds
        surroundings = read_surroundings(url, settings.ca_file)
        # Compression costs node and driver more than the loopback saves.
        self._encoding = "identity" if _is_loopback(url) else "gzip"
        headers = headers_for(url, settings)
        self._connections = Connections(lambda: _Session(url, self._encoding, headers, surroundings))

    def send(self, request: bytes) -> RawAnswer:
        """Post the request; see :class:`ethlogs.node.transport.Transport`."""
        with self._mapped_errors(), deadline(self._timeout_seconds), self._connections.lend() as session:
            return self._post(session, request)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def _post(self, session: _Session, request: bytes) -> RawAnswer:
        with session.post(request, self._timeout_seconds) as response, ReceivedBody(self._name) as body:
            # Not iter_content, which waits for a whole chunk, however slowly its bytes trickle in.
            while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
                body.add(chunk)
                if response.status_code != 200 and len(body.content) > _ERROR_BYTES:
                    break
            location = display_url(urljoin(self._url, response.headers.get("Location", "")))
            return RawAnswer(body.content, response.status_code, _retry_after_seconds(response), location)

    @contextlib.contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        """``from None``: the texts of requests repeat the URL, tokens included, and a log has causes."""
        try:
            yield
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            raise SettingsError(
                f"node URL {self._name} cannot be used",
                hint="give --node-url as http://HOST:PORT or https://HOST/PATH",
            ) from None
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
            raise NodeUnavailableError(
                f"node {self._name} did not answer within {self._timeout_seconds:g} seconds"
            ) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as exc:
            raise _to_node_error(self._name, exc) from None


def _to_node_error(name: str, exc: BaseException) -> NodeUnavailableError | NodeRefusedError:
    cause = _innermost(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NodeRefusedError(
            f"the TLS certificate of node {name} was not accepted: {_to_text(cause)}",
            hint="give --node-ca-file, the file of the company's CA certificates",
        )
    if isinstance(cause, ssl.SSLError):
        # A server that is being replaced closes connections in the middle of a handshake.
        plain = "wrong version number" in str(cause).lower()
        return NodeUnavailableError(
            f"the TLS connection to node {name} failed: {_to_text(cause)}",
            hint="does this port speak TLS, or should --node-url begin with http:?" if plain else None,
        )
    return NodeUnavailableError(f"node {name} cannot be reached: {_to_text(cause)}")


class _Session:
    """One kept-alive connection.

    requests looks for proxies and CA certificates anew for each request, which costs more than sending it:
    here that is done once.
    """

    def __init__(
        self, url: str, encoding: str, headers: tuple[tuple[str, str], ...], surroundings: Surroundings
    ) -> None:
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter())
        own = {"Content-Type": "application/json", "Accept-Encoding": encoding}
        request = requests.Request("POST", url, {**own, **dict(headers)}, auth=_credentials(url))
        self._request = self._session.prepare_request(request)
        self._surroundings = surroundings

    def post(self, body: bytes, timeout_seconds: float) -> requests.Response:
        """Send the request; the answer's body is still to be read."""
        request = self._request
        request.prepare_body(body, None)
        if self._session.cookies:  # with which a load balancer keeps a client on one node
            request.headers.pop("Cookie", None)
            request.prepare_cookies(self._session.cookies)
        return self._session.send(
            request,
            timeout=timeout_seconds,
            allow_redirects=False,
            stream=True,
            proxies=dict(self._surroundings.proxies),
            verify=self._surroundings.verify,
        )

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


class _NoCredentials(AuthBase):
    """Keeps requests from looking into .netrc, whose password is for whom its owner wrote it down for."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _credentials(url: str) -> AuthBase:
    user, password = get_auth_from_url(url)
    return HTTPBasicAuth(user, password) if user or password else _NoCredentials()


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _retry_after_seconds(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_RETRY_AFTER_SECONDS) if text.isdecimal() else 0.0


def _innermost(exc: BaseException) -> BaseException:
    """The cause of a wrapped network error."""
    cause = exc
    while True:
        reason = getattr(cause, "reason", None)
        following = reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__
        if following is None:
            return cause
        cause = following


def _to_text(cause: BaseException) -> str:
    """A cause without the URL that its wrappers repeat."""
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
