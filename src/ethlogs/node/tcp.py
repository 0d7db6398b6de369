"""A bare connection to a node, made as one for HTTP is: proxy, CA certificates and deadline are the same."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from requests.utils import select_proxy

from ethlogs.errors import SettingsError
from ethlogs.node.deadline import PlainConnection, TlsConnection
from ethlogs.node.machine import Surroundings
from ethlogs.settings import display_url


def open_socket(http_url: str, surroundings: Surroundings) -> socket.socket:
    """Connect to the host of an ``http(s)://`` URL; through a proxy by CONNECT, whatever the scheme is.

    Raises
    ------
    OSError, urllib3.exceptions.HTTPError
        When it cannot be reached, or its certificate is not accepted.
    SettingsError
        For a proxy that is spoken to by TLS, where the node is not.
    """
    target, proxy = urlsplit(http_url), select_proxy(http_url, dict(surroundings.proxies))
    via = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else target
    connection = _build_connection(target, via, surroundings.verify)
    if proxy:
        headers = HTTPAdapter().proxy_headers(proxy)
        connection.set_tunnel(_host(target), _port(target), headers=headers, scheme=via.scheme)
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise
    return connection.sock


def _build_connection(
    target: SplitResult, via: SplitResult, verify: str | bool
) -> PlainConnection | TlsConnection:
    if target.scheme == "https":
        bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
        folder = Path(bundle).is_dir()
        return TlsConnection(
            _host(via),
            _port(via),
            cert_reqs="CERT_REQUIRED",
            ca_certs=None if folder else bundle,
            ca_cert_dir=bundle if folder else None,
        )
    if via.scheme == "https":
        raise SettingsError(
            f"ethlogs does not support the proxy {display_url(via.geturl())} for a node URL without TLS",
            hint="give an http proxy, or a wss:// URL",
        )
    return PlainConnection(_host(via), _port(via))


def _host(parts: SplitResult) -> str:
    return parts.hostname or ""


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
