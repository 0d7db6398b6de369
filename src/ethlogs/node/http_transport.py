"""JSON-RPC over HTTP and HTTPS, directly or through the environment's proxy.

web3's own providers are not used here: they decode with the standard library's JSON (5 times
slower on receipts), read a socket 4 KiB at a time, and bound neither the size of an answer nor the
time from its first byte to its last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import cast

import requests
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import BaseHTTPResponse, HTTPConnectionPool

from ethlogs.node.answer_size import ReceivedBody
from ethlogs.node.channel import CHUNK_BYTES
from ethlogs.node.connections import Connections
from ethlogs.node.contact_errors import mapped_contact_errors
from ethlogs.node.deadline import DeadlineAdapter, deadline
from ethlogs.node.headers import request_headers
from ethlogs.node.machine import Surroundings, is_loopback, read_surroundings
from ethlogs.node.rpc import RawAnswer, read_location, read_retry_after
from ethlogs.settings import NodeSettings, display_url

_ERROR_BYTES = 1 << 20
"""So much of an answer with an HTTP error status is read: it may be JSON-RPC, or a page of any length."""


class HttpTransport:
    """Kept-alive connections; proxies as requests understands them."""

    def __init__(self, url: str, settings: NodeSettings) -> None:
        self._url = url
        self._name = display_url(url)
        self._timeout_seconds = settings.request_timeout_seconds
        surroundings = read_surroundings(url, settings.ca_file)
        # Compression costs node and driver more than the loopback saves.
        self._encoding = "identity" if is_loopback(url) else "gzip"
        headers = request_headers(url, settings)
        self._connections = Connections(lambda: _Session(url, self._encoding, headers, surroundings))

    def send(self, request: bytes) -> RawAnswer:
        """Post the request; see :class:`ethlogs.node.transport.Transport`."""
        with self.mapped_errors(), deadline(self._timeout_seconds), self._connections.lend() as session:
            return self._post(session, request)

    def send_all(self, requests: Sequence[bytes]) -> Iterator[RawAnswer]:
        """Post one request after the other: urllib3 sends none before it has read the answer before."""
        return map(self.send, requests)

    def open_channel(self) -> None:
        """HTTP has none: a node answers and never sends by itself."""

    def mapped_errors(self) -> AbstractContextManager[None]:
        """Map what a contact over TCP raises to the errors of a node."""
        return mapped_contact_errors(self._name, self._timeout_seconds)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def _post(self, session: _Session, request: bytes) -> RawAnswer:
        with session.post(request, self._timeout_seconds) as response, ReceivedBody(self._name) as body:
            # Not iter_content, which waits for a whole chunk, however slowly its bytes trickle in.
            while chunk := response.read1(CHUNK_BYTES, decode_content=True):
                body.add(chunk)
                if response.status != 200 and len(body.content) > _ERROR_BYTES:
                    break
            return RawAnswer(
                body.content,
                response.status,
                read_retry_after(response.headers.get("Retry-After", "")),
                read_location(self._url, response.headers.get("Location", "")),
            )


class _Session:
    """One kept-alive connection.

    How a URL is reached (proxy, CA certificates, credentials) is for requests to say, and it is asked once:
    each request goes to urllib3, since what requests does for each costs more than sending it.
    """

    def __init__(
        self, url: str, encoding: str, headers: tuple[tuple[str, str], ...], surroundings: Surroundings
    ) -> None:
        own = {"Content-Type": "application/json", "Accept-Encoding": encoding}
        request = requests.Request("POST", url, {**own, **dict(headers)}, auth=_OurHeadersAlone())
        self._request = requests.Session().prepare_request(request)
        self._request.headers.pop("Content-Length", None)
        proxies = dict(surroundings.proxies)
        self._adapter = DeadlineAdapter()
        self._path = self._adapter.request_url(self._request, proxies)
        verify = DEFAULT_CA_BUNDLE_PATH if surroundings.verify is True else surroundings.verify
        pool = self._adapter.get_connection_with_tls_context(self._request, verify, proxies)
        self._pool = cast(HTTPConnectionPool, pool)  # the stubs name the base class
        self._cookies = RequestsCookieJar()

    def post(self, body: bytes, timeout_seconds: float) -> BaseHTTPResponse:
        """Send the request; the answer's body is still to be read."""
        response = self._pool.urlopen(
            "POST",
            self._path,
            body,
            self._request.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=timeout_seconds,
            preload_content=False,
        )
        if "Set-Cookie" in response.headers:  # with which a load balancer keeps a client on one node
            extract_cookies_to_jar(self._cookies, self._request, response)  # type: ignore[no-untyped-call]  # requests
            self._request.headers.pop("Cookie", None)
            self._request.prepare_cookies(self._cookies)
        return response

    def close(self) -> None:
        """Close the connection."""
        self._adapter.close()


class _OurHeadersAlone(AuthBase):
    """Keeps requests from looking into .netrc, whose passwords are for other programs."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
