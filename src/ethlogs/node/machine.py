"""Settings of this machine for reaching a node: proxy and CA certificates, checked once."""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy

from ethlogs.errors import SettingsError
from ethlogs.settings import display_url

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Surroundings:
    """The proxy and the certificates for a URL from here, as requests chooses them."""

    proxies: tuple[tuple[str, str], ...] = field(repr=False)
    """A proxy's URL may hold a password."""
    verify: str | bool
    """The file or folder of CA certificates; ``True`` for those of requests."""


def read_surroundings(url: str, ca_file: str | None) -> Surroundings:
    """Read the environment, as requests does, and refuse what cannot work.

    Raises
    ------
    SettingsError
        For a proxy that cannot be used, and for CA certificates that cannot be read.
    """
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, True, ca_file, None)
    proxies = dict(settings["proxies"])
    _check_proxy(url, select_proxy(url, proxies))
    verify = settings["verify"] or True
    if urlsplit(url).scheme == "https" and isinstance(verify, str):
        _check_certificates(verify, given=ca_file is not None)
    return Surroundings(tuple(proxies.items()), verify)


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is this machine, as far as its name says it."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_proxy(url: str, proxy: str | None) -> None:
    if proxy is None:
        return
    host = urlsplit(url).hostname
    hint = f"give an http proxy, or add {host} to NO_PROXY where the node is reached without one"
    variable = _variable_of(proxy)
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"the proxy of {variable} is not a URL of the form http://HOST:PORT", hint=hint)
    if parts.scheme not in ("http", "https"):
        raise SettingsError(
            f"ethlogs does not support {parts.scheme} proxies like {display_url(proxy)} of {variable}",
            hint=hint,
        )


def _variable_of(proxy: str) -> str:
    names = [name for name in os.environ if name.lower().endswith("_proxy") and os.environ[name] == proxy]
    return " or ".join(sorted(names)) or "the environment"


def _check_certificates(path: str, *, given: bool) -> None:
    name = "--node-ca-file" if given else next((n for n in _CA_VARIABLES if os.environ.get(n)), "certifi")
    hint = "give the path of a PEM file with CA certificates" + ("" if given else f", or unset {name}")
    if not Path(path).exists():
        raise SettingsError(f"{name} names {path}, which does not exist", hint=hint)
    try:
        folder = Path(path).is_dir()
        ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)
    except OSError as exc:
        raise SettingsError(f"{path} of {name} cannot be read as CA certificates: {exc}", hint=hint) from None
