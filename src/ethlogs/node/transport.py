"""Carrying a JSON-RPC request to one node: bytes out, bytes back, every wait bounded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from ethlogs.errors import SettingsError
from ethlogs.host_names import can_be_host
from ethlogs.node.channel import Channel
from ethlogs.node.http_transport import HttpTransport
from ethlogs.node.ipc_transport import IpcTransport
from ethlogs.node.rpc import RawAnswer
from ethlogs.settings import NodeSettings, display_url

_URL_FORMS = (
    "give --node-url as http://HOST:PORT, https://HOST/PATH, ws://HOST:PORT, wss://HOST/PATH or"
    " ipc:///path/to/geth.ipc"
)
_SCHEMES = ("http", "https", "ws", "wss", "ipc")
_SOCKET_PATH_BYTES = 107
"""Linux's limit, without the zero byte at the end."""


class Transport(Protocol):
    """One way to one node; safe to use from several threads."""

    def send(self, request: bytes) -> RawAnswer:
        """Return the answer.

        Raises
        ------
        NodeUnavailableError
            When asking again may help.
        NodeRefusedError
            When the node's certificate is not accepted.
        """

    def send_all(self, requests: Sequence[bytes]) -> Iterator[RawAnswer]:
        """Give the answers in the requests' order; where it can, the node works on all of them at once.

        An answer that refuses all of them is the last one. Raises as :meth:`send`.
        """

    def open_channel(self) -> Channel | None:
        """A new connection on which the node may send by itself; ``None`` where it cannot.

        It connects with its first message.
        """

    def mapped_errors(self) -> AbstractContextManager[None]:
        """Map what a channel raises to the errors of :meth:`send`."""

    def close(self) -> None:
        """Close every connection; one that is in use fails."""


def check_url(url: str) -> None:
    """Refuse what cannot be a node's URL, before anything is asked; what may be a secret in it is not told.

    Raises
    ------
    SettingsError
        When it is none of the forms that a node is asked by.
    """
    if "," in url and "://" in url.partition(",")[2]:
        raise SettingsError(
            "one node URL holds several, separated by commas",
            hint="repeat --node-url for each of them; in ETHLOGS_NODE_URL separate them by blanks, in"
            " ethlogs.toml write a list",
        )
    name = display_url(url)
    try:
        parts = urlsplit(url)
        placed = parts.path.startswith("/") if parts.scheme == "ipc" else bool(parts.hostname)
        usable = placed and parts.port != 0
    except ValueError:
        raise SettingsError(
            "the node URL is not valid: its host or its port, up to 65535, cannot be read",
            hint=f"{_URL_FORMS}; in a password write %2F for /, %23 for #, %3F for ? and %40 for @",
        ) from None
    if not parts.scheme or (parts.scheme not in _SCHEMES and not url.count("://")):
        raise SettingsError(
            "the node URL does not begin with http://, https://, ws://, wss:// or ipc:///", hint=_URL_FORMS
        )
    if parts.scheme not in _SCHEMES:
        raise SettingsError(
            f"the node URL {name} has the scheme {parts.scheme!r}, which ethlogs does not support",
            hint=_URL_FORMS,
        )
    if not placed:
        what = "path" if parts.scheme == "ipc" else "host"
        raise SettingsError(f"the node URL {parts.scheme}:… names no {what}", hint=_URL_FORMS)
    if parts.scheme == "ipc":
        _check_socket_path(url, parts)
    if parts.fragment or url.endswith("#"):
        raise SettingsError(
            "the node URL has a #, and what follows it is never sent",
            hint="leave it out; in a password or a token write %23",
        )
    if parts.hostname and not can_be_host(parts.hostname):
        raise SettingsError(
            f"the host of the node URL {name} is not a name that can be looked up", hint=_URL_FORMS
        )
    if not usable:
        raise SettingsError(f"the node URL {name} has the port 0", hint=_URL_FORMS)


def _check_socket_path(url: str, parts: SplitResult) -> None:
    if parts.netloc:
        raise SettingsError(
            "the node URL begins with ipc:// and no third slash, which makes what follows a host, not a path",
            hint="write three: ipc:///path/to/geth.ipc",
        )
    if len(os.fsencode(parts.path)) > _SOCKET_PATH_BYTES:
        raise SettingsError(
            f"the path of the node URL {url} is longer than the {_SOCKET_PATH_BYTES} bytes that a socket's"
            " path can have",
            hint="give geth's --ipcpath a shorter path, or make a symbolic link to it",
        )


def open_transport(url: str, settings: NodeSettings) -> Transport:
    """The transport for an ``http(s)://``, ``ws(s)://`` or ``ipc:///path`` URL.

    Raises
    ------
    SettingsError
        As :func:`check_url`, and for a proxy or CA certificates of the environment that cannot be used.
    """
    check_url(url)
    if urlsplit(url).scheme == "ipc":
        return IpcTransport(urlsplit(url).path, settings.request_timeout_seconds)
    if urlsplit(url).scheme in ("ws", "wss"):
        from ethlogs.node.web_socket_transport import WebSocketTransport

        return WebSocketTransport(url, settings)
    return HttpTransport(url, settings)
