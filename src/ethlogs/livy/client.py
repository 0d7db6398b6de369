"""Livy's REST interface: batches created, described and deleted, each failure as an error of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests.utils import get_auth_from_url, urldefragauth

from ethlogs.errors import KerberosError, LivyError, SettingsError
from ethlogs.livy.errors import build_contact_error, build_refusal, to_text
from ethlogs.settings import display_url

T = TypeVar("T")

_REQUESTER = {"X-Requested-By": "ethlogs"}
"""Servers that are protected against other sites' pages refuse a request without it."""
_SECONDS = 30.0
_DELETE_SECONDS = 90.0
"""A server ends a batch's application before it answers."""
_WHO_ASKS = 401
_ALL_LINES = -1

Introduce = Callable[[str], Mapping[str, str]]
"""Makes the headers that prove to a URL's server who asks; empty where there is no ticket."""


class Batch(msgspec.Struct, frozen=True, rename="camel"):
    """A batch as Livy describes it."""

    id: int
    state: str
    name: str | None = None
    app_id: str | None = None
    owner: str | None = None
    proxy_user: str | None = None
    log: tuple[str, ...] = ()
    """Its newest lines."""

    @property
    def is_ghost(self) -> bool:
        """Whether only its name is there: Livy remembers a request that it has refused as ``starting``."""
        return self.state == "starting" and not self.log

    @property
    def has_ended(self) -> bool:
        """Whether Livy gave it up, or its spark-submit has ended; YARN knows how its application ended."""
        return self.state in ("dead", "error", "killed", "success")


class Version(msgspec.Struct, frozen=True):
    """The version that a server reports."""

    version: str


@dataclass(frozen=True)
class LivyEndpoint:
    """The URL of a server, and the CA that checks its certificate."""

    url: str = field(repr=False)
    """It may have a password."""
    ca_file: str | None = None

    @classmethod
    def of(cls, url: str, ca_file: str | None) -> LivyEndpoint:
        """Check the setting.

        Raises
        ------
        SettingsError
            When it is not a URL of http or https, or has what may not be in it.
        """
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.query or parts.fragment:
            raise SettingsError(
                f"--livy-url {display_url(url)} is not a URL of the form http(s)://HOST:PORT",
                hint="Livy's usual port is 8998; behind a gateway its path belongs to the URL",
                flag="--livy-url",
            )
        if ca_file is not None and not Path(ca_file).is_file():
            raise SettingsError(
                f"--livy-ca-file {ca_file} is not a file", hint="is the path right?", flag="--livy-ca-file"
            )
        return cls(url.rstrip("/"), ca_file)

    @property
    def shown(self) -> str:
        """The URL without what may be a secret."""
        return display_url(self.url)


class LivyClient:
    """One caller's way to a server."""

    def __init__(self, server: LivyEndpoint, introduce: Introduce) -> None:
        """``introduce`` is asked where the server wants to know who calls."""
        self._server = server
        self._introduce = introduce
        self._session = requests.Session()
        user, password = get_auth_from_url(server.url)
        self._auth = HTTPBasicAuth(user, password) if user or password else _NoCredentials()
        self._base = urldefragauth(server.url)
        self.proof: str | None = None
        """How this caller has proven who it is; ``None`` where the server has not asked."""

    @property
    def shown(self) -> str:
        """The server's URL, for people."""
        return self._server.shown

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def fetch_version(self) -> str:
        """Return the server's version."""
        return self._fetch("GET", "/version", Version).version

    def list_batches(self) -> int:
        """Return how many batches the server remembers; a caller who may not ask is refused."""
        return self._fetch("GET", "/batches?from=0&size=1", _Listing).total

    def create(self, batch: dict[str, Any]) -> Batch:
        """Submit a batch.

        Raises
        ------
        LivyUnavailableError
            When it is unknown whether the server accepted it.
        LivyError, KerberosError, NotAuthorizedError
            When it refused.
        """
        return self._fetch("POST", "/batches", Batch, batch)

    def find(self, name: str) -> Batch | None:
        """Return the batch of this name, ``None`` where the server remembers none."""
        return self._find(quote(name, safe=""))

    def describe(self, batch_id: int) -> Batch | None:
        """Return a batch, ``None`` where the server has forgotten it."""
        return self._find(str(batch_id))

    def read_log(self, batch_id: int) -> str:
        """Return what a batch's spark-submit wrote, and what Livy knows of its application."""
        lines = self._fetch("GET", f"/batches/{batch_id}/log?from=0&size={_ALL_LINES}", _Log).log
        return "\n".join(line.strip("\n") for line in lines)

    def delete(self, batch_id: int) -> None:
        """End a batch and forget it."""
        answer = self._send("DELETE", f"/batches/{batch_id}", None, _DELETE_SECONDS)
        if not answer.ok and answer.status_code != requests.codes.not_found:
            raise build_refusal(answer.status_code, to_text(answer), self._server.shown)

    def _find(self, which: str) -> Batch | None:
        answer = self._send("GET", f"/batches/{which}", None, _SECONDS)
        if answer.status_code == requests.codes.not_found:
            # A batch that is not there is said in Livy's own words; a gateway's page is none of them.
            self._decode(answer, _Message)
            return None
        return self._decode_ok(answer, Batch)

    def _fetch(self, method: str, path: str, kind: type[T], body: dict[str, Any] | None = None) -> T:
        return self._decode_ok(self._send(method, path, body, _SECONDS), kind)

    def _decode_ok(self, answer: requests.Response, kind: type[T]) -> T:
        if not answer.ok or answer.is_redirect:
            raise build_refusal(answer.status_code, to_text(answer), self._server.shown)
        return self._decode(answer, kind)

    def _decode(self, answer: requests.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except (msgspec.DecodeError, RecursionError):
            raise LivyError(
                f"{self._server.shown} answered with something other than Livy's JSON: {to_text(answer)}",
                hint="is --livy-url the URL of Livy, with its path where it is behind a gateway?",
            ) from None

    def _send(self, method: str, path: str, body: dict[str, Any] | None, seconds: float) -> requests.Response:
        """Send a request, again with a ticket where the server asks for one."""
        answer = self._send_once(method, path, body, seconds, {})
        if answer.status_code != _WHO_ASKS:
            if not isinstance(self._auth, _NoCredentials):
                self.proof = "a password"
            return answer
        asked = answer.headers.get("WWW-Authenticate", "")
        if not asked.lower().startswith("negotiate"):
            raise KerberosError(
                f"Livy at {self._server.shown} asks for a login ({asked or 'of a kind it does not name'})",
                hint="put user and password into ETHLOGS_LIVY_URL, as https://USER:PASSWORD@HOST",
            )
        headers = self._introduce(self._base)
        if not headers:
            raise KerberosError(
                f"Livy at {self._server.shown} asks for Kerberos, and there is no valid ticket for it",
                hint="kinit, or give --principal and --keytab; SPNEGO needs pip install 'ethlogs[kerberos]'",
            )
        answer = self._send_once(method, path, body, seconds, headers)
        if answer.status_code == _WHO_ASKS:
            raise KerberosError(
                f"Livy at {self._server.shown} did not accept the ticket: {to_text(answer)}",
                hint="klist shows whose it is; is the host in --livy-url the one of Livy's principal"
                " HTTP/HOST?",
            )
        self.proof = "Kerberos"
        return answer

    def _send_once(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        seconds: float,
        headers: Mapping[str, str],
    ) -> requests.Response:
        with self._mapped_errors(seconds):
            return self._session.request(
                method,
                self._base + path,
                json=body,
                headers={**_REQUESTER, **headers},
                auth=self._auth if not headers else _NoCredentials(),
                timeout=seconds,
                allow_redirects=False,
                verify=self._server.ca_file,
            )

    @contextlib.contextmanager
    def _mapped_errors(self, seconds: float) -> Iterator[None]:
        try:
            yield
        except (requests.RequestException, OSError) as exc:
            raise build_contact_error(exc, self._server.shown, seconds) from None


class _Listing(msgspec.Struct):
    total: int


class _Log(msgspec.Struct):
    log: list[str]


class _Message(msgspec.Struct):
    msg: str


class _NoCredentials(AuthBase):
    """Keeps requests from looking into .netrc, whose passwords are for other programs."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
