"""The check that an environment's channels answer; their indexes are not downloaded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from ethlogs.environment.condarc import Condarc
from ethlogs.environment.install import conda_platform
from ethlogs.environment.redact import redact
from ethlogs.environment.spec import EnvironmentSpec
from ethlogs.errors import PackError

_INDEXES = ("repodata.json.zst", "repodata.json")
_SECONDS = 5.0
_NO_ACCESS = frozenset({401, 403})


def find_silent_channels(
    spec: EnvironmentSpec, condarc: Condarc, environment: Mapping[str, str]
) -> list[str]:
    """Return the channels that do not answer now, each with the reason, without secrets.

    ``environment`` has the proxies that the user names.

    Raises
    ------
    PackError
        When a channel is not there, or authentication failed there.
    """
    channels = condarc.resolve_all(spec.channels or condarc.channels)
    proxies = condarc.environment(environment)
    silent = []
    with requests.Session() as session:
        session.proxies = {
            scheme: proxies[name]
            for scheme in ("http", "https", "all")
            if (name := f"{scheme.upper()}_PROXY") in proxies
        }
        session.verify = condarc.ssl_verify
        for channel in channels:
            try:
                _check(channel, session)
            except requests.RequestException as exc:
                silent.append(f"{redact(channel)} ({redact(str(exc))})")
    return silent


def _check(channel: str, session: requests.Session) -> None:
    folder = _folder_of(channel)
    if folder is not None:
        if not any((folder / place).is_file() for place in _places()):
            raise _not_there(channel)
        return
    if "://" not in channel:
        # A public one by its name alone: where that is, only the solver knows.
        return
    for place in _places():
        url = f"{channel.rstrip('/')}/{place}"
        status = session.head(url, timeout=_SECONDS, allow_redirects=True).status_code
        if status in _NO_ACCESS:
            raise PackError(
                f"authentication failed at the channel {redact(channel)} (HTTP {status})",
                hint="is its token or password in the URL right?",
            )
        if status < requests.codes.bad_request:
            return
        if status >= requests.codes.server_error:
            raise requests.HTTPError(f"HTTP {status}")
    raise _not_there(channel)


def _places() -> Iterator[str]:
    yield from (f"{folder}/{name}" for folder in (conda_platform(), "noarch") for name in _INDEXES)


def _folder_of(channel: str) -> Path | None:
    """Return the folder of a channel on this machine; ``None`` for one that is elsewhere."""
    if channel.startswith("/"):
        return Path(channel)
    with contextlib.suppress(ValueError):
        parts = urlsplit(channel)
        if parts.scheme == "file":
            return Path(unquote(parts.path))
    return None


def _not_there(channel: str) -> PackError:
    return PackError(
        f"the channel {redact(channel)} has no index of packages",
        hint="is it spelled right in the environment file, and do channel_alias and custom_channels of"
        " conda's configuration say where it is?",
    )
