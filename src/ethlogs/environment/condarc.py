"""What a user's .condarc says of channels, certificates and proxies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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

    def resolve(self, channel: str) -> str:
        """A channel's URL, where .condarc says where names are."""
        if "://" in channel or channel.startswith("/") or self.channel_alias is None:
            return channel
        return f"{self.channel_alias.rstrip('/')}/{channel}"

    def environment(self) -> dict[str, str]:
        """Variables that make the solver use the same proxies and certificates."""
        variables = {f"{scheme.upper()}_PROXY": url for scheme, url in self.proxies}
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
    channels = tuple(str(name) for name in found.get("channels") or () if name != "nodefaults")
    proxies = found.get("proxy_servers") or {}
    return Condarc(
        channels=channels or _DEFAULT_CHANNELS,
        channel_alias=found.get("channel_alias"),
        ssl_verify=found.get("ssl_verify", True),
        proxies=tuple((str(scheme), str(url)) for scheme, url in proxies.items()),
    )
