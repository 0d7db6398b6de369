"""What a user's .condarc says of channels, certificates and proxies."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ethlogs.errors import PackError

_DEFAULT_CHANNELS = ("conda-forge",)


@dataclass(frozen=True)
class Condarc:
    """The settings of conda that a solve needs."""

    channels: tuple[str, ...] = _DEFAULT_CHANNELS
    channel_alias: str | None = None
    ssl_verify: str | bool = True
    """``True``, or the path of a file of certificates."""
    proxies: tuple[tuple[str, str], ...] = ()
    default_channels: tuple[str, ...] = ()
    """What the channel ``defaults`` stands for."""

    def resolve_all(self, channels: Sequence[str]) -> list[str]:
        """The URLs of channels.

        Raises
        ------
        PackError
            Where one is ``defaults`` and .condarc does not say what that is.
        """
        if "defaults" in channels and not self.default_channels:
            raise PackError(
                "the channel defaults stands for several, and no default_channels in .condarc say which",
                hint="name them there, or take conda-forge in place of defaults",
            )
        names = [
            name
            for channel in channels
            for name in (self.default_channels if channel == "defaults" else (channel,))
        ]
        return [self.resolve(name) for name in dict.fromkeys(names)]

    def resolve_spec(self, spec: str) -> str:
        """A dependency with the URL of the channel that it names, as the solver knows the channel."""
        channel, separator, rest = spec.partition("::")
        return f"{self.resolve(channel)}::{rest}" if separator else spec

    def resolve(self, channel: str) -> str:
        """A channel's URL, where .condarc says where names are."""
        if "://" in channel or channel.startswith("/") or self.channel_alias is None:
            return channel
        return f"{self.channel_alias.rstrip('/')}/{channel}"

    def environment(self, user: Mapping[str, str]) -> dict[str, str]:
        """Variables that make the solver use the same certificates, and proxies where the user names none."""
        variables = {
            f"{scheme.upper()}_PROXY": url
            for scheme, url in self.proxies
            if scheme in ("http", "https", "all")
            and not user.keys() & {f"{scheme}_proxy", f"{scheme.upper()}_PROXY"}
        }
        if isinstance(self.ssl_verify, str):
            variables["SSL_CERT_FILE"] = self.ssl_verify
        return variables


def read_condarc(environment: Mapping[str, str] = os.environ) -> Condarc:
    """``$CONDARC``, else ``~/.condarc``; the defaults where there is none.

    Raises
    ------
    PackError
        When it cannot be read, or asks for what is not honoured: no check of certificates.
    """
    path = Path(environment.get("CONDARC") or Path.home() / ".condarc").expanduser()
    if not path.is_file():
        return Condarc()
    try:
        found = yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError) as exc:
        raise PackError(f"{path} cannot be read: {' '.join(str(exc).split())}", hint="mend it") from exc
    if not isinstance(found, dict):
        raise PackError(f"{path} is not a list of settings", hint="mend it")
    if found.get("ssl_verify") is False:
        raise PackError(
            f"{path} has ssl_verify: false, and what goes to production is not fetched without that check",
            hint="name your company's certificates there: ssl_verify: /path/to/ca.pem",
        )
    channels = tuple(name for name in _texts(path, found, "channels") if name != "nodefaults")
    proxies = found.get("proxy_servers") or {}
    if not isinstance(proxies, dict):
        raise PackError(f"{path}: proxy_servers is no table", hint="mend it")
    alias = found.get("channel_alias")
    return Condarc(
        channels=channels or _DEFAULT_CHANNELS,
        channel_alias=None if alias is None else str(alias),
        ssl_verify=found.get("ssl_verify", True),
        proxies=tuple((str(scheme), str(url)) for scheme, url in proxies.items()),
        default_channels=_texts(path, found, "default_channels"),
    )


def _texts(path: Path, found: dict[str, Any], key: str) -> tuple[str, ...]:
    values = found.get(key) or ()
    if isinstance(values, str):
        return (values,)
    if not isinstance(values, (list, tuple)):
        raise PackError(f"{path}: {key} is no list", hint="mend it")
    return tuple(str(value) for value in values)
