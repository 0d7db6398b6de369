"""The settings of conda's configuration for channels, certificates and proxies."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ethlogs.environment.condarc_files import Configuration, read_configuration
from ethlogs.environment.redact import redact
from ethlogs.errors import PackError

_DEFAULT_CHANNELS = ("conda-forge",)
_DEFAULTS = "defaults"
_REFUSED = (
    "allowlist_channels",
    "channel_settings",
    "client_ssl_cert",
    "client_ssl_cert_key",
    "denylist_channels",
    "disallowed_packages",
    "migrated_channel_aliases",
    "offline",
    "pinned_packages",
    "subdir",
    "track_features",
    "whitelist_channels",
)
"""Settings that decide where packages come from, or which, and that the solver does not know."""


@dataclass(frozen=True)
class Condarc:
    """The settings of conda that a solve needs."""

    channels: tuple[str, ...] = _DEFAULT_CHANNELS
    channel_alias: str | None = None
    ssl_verify: str | bool = True
    """``True``, or the path of a file or folder of certificates."""
    proxies: tuple[tuple[str, str], ...] = ()
    default_channels: tuple[str, ...] = ()
    """The channels that ``defaults`` means."""
    custom_channels: tuple[tuple[str, str], ...] = ()
    """A channel's name and the URL below which it is."""
    multichannels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """A name and the channels that it means."""

    def resolve_all(self, channels: Sequence[str]) -> list[str]:
        """The URLs of channels.

        Raises
        ------
        PackError
            Where one is ``defaults`` and .condarc does not say what that is.
        """
        names = [name for channel in channels for name in self._expand(channel)]
        return [self.resolve(name) for name in dict.fromkeys(names)]

    def _expand(self, channel: str) -> tuple[str, ...]:
        several = dict(self.multichannels)
        if channel in several:
            return several[channel]
        if channel != _DEFAULTS:
            return (channel,)
        if not self.default_channels:
            raise PackError(
                "the channel defaults is a name for several, and no default_channels in .condarc list them",
                hint="name them there, or take conda-forge in place of defaults",
            )
        return self.default_channels

    def resolve_spec(self, spec: str) -> str:
        """A dependency with the URL of the channel that it names, as the solver knows the channel."""
        channel, separator, rest = spec.partition("::")
        if not separator:
            return spec
        if len(self._expand(channel)) > 1:
            raise PackError(
                f"the dependency {rest} names {channel}, which are several channels",
                hint="name one of them, or none",
            )
        return f"{self.resolve(self._expand(channel)[0])}::{rest}"

    def resolve(self, channel: str) -> str:
        """A channel's URL, where .condarc says where names are."""
        if "://" in channel or channel.startswith("/"):
            return channel
        # As conda does: ours/label/dev is looked for as a whole, then as ours/label, then as ours.
        for name, base in sorted(self.custom_channels, key=lambda item: -len(item[0])):
            if channel == name or channel.startswith(f"{name}/"):
                return f"{base.rstrip('/')}/{channel}"
        if self.channel_alias is None:
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
            name = "SSL_CERT_DIR" if Path(self.ssl_verify).is_dir() else "SSL_CERT_FILE"
            variables[name] = self.ssl_verify
        return variables


def check_certificates(condarc: Condarc) -> None:
    """Refuse a file of certificates that is not there: the solver would name neither it nor its cause.

    Raises
    ------
    PackError
        Naming the file.
    """
    if isinstance(condarc.ssl_verify, str) and not Path(condarc.ssl_verify).exists():
        raise PackError(
            f"ssl_verify of conda's configuration is {redact(condarc.ssl_verify)}, which does not exist",
            hint="give true, truststore, or the path of a file or folder of certificates",
        )


def read_condarc(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Condarc:
    """Read conda's configuration files as conda does: the system's, then the user's, then ``$CONDARC``.

    Raises
    ------
    PackError
        When one cannot be read, or has a setting that is not honoured.
    """
    found = read_configuration(environment, root)
    _refuse_unknown(found)
    channels = tuple(name for name in found.texts("channels") if name != "nodefaults")
    several = {name: tuple(names) for name, names in found.lists("custom_multichannels").items()}
    return Condarc(
        channels=channels or _DEFAULT_CHANNELS,
        channel_alias=found.text("channel_alias"),
        ssl_verify=_read_ssl_verify(found),
        proxies=tuple(found.table("proxy_servers").items()),
        default_channels=found.texts("default_channels") or several.pop(_DEFAULTS, ()),
        custom_channels=tuple(found.table("custom_channels").items()),
        multichannels=tuple(several.items()),
    )


def _refuse_unknown(found: Configuration) -> None:
    for name in _REFUSED:
        if found.get(name):
            raise PackError(
                f"{found.place(name)} sets {name}, which ethlogs does not know how to honour",
                hint="solve with conda itself and give --env-prefix, or set CONDARC to a file without it",
            )
    if found.text("channel_priority") in ("disabled", "False", "false"):
        raise PackError(
            f"{found.place('channel_priority')} has channel_priority: disabled, and ethlogs takes a package"
            " from the first channel that has it",
            hint="solve with conda itself and give --env-prefix",
        )


def _read_ssl_verify(found: Configuration) -> str | bool:
    text = found.text("ssl_verify")
    if text is None or text.lower() in ("true", "yes", "1", ""):
        return True
    where = found.place("ssl_verify")
    if text.lower() in ("false", "no", "0"):
        raise PackError(
            f"{where} has ssl_verify: false, and ethlogs fetches nothing without checking certificates",
            hint="name your company's certificates there: ssl_verify: /path/to/ca.pem",
        )
    if text == "truststore":
        # The system's certificates.
        paths = ssl.get_default_verify_paths()
        return paths.cafile or paths.capath or True
    return str(Path(text).expanduser())
