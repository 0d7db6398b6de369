"""The brokers as a user lists them, checked before anything is connected."""

from __future__ import annotations

import contextlib
import ipaddress
import re

from ethlogs.errors import SettingsError
from ethlogs.host_names import can_be_host
from ethlogs.kafka.spelling import PROTOCOLS

_PORT = re.compile(r"\d{1,5}", re.ASCII)


def check_servers(text: str, protocol: str | None) -> str:
    """Return the servers as ``HOST:PORT,HOST:PORT``; ``protocol`` is security.protocol, where it matters.

    Kafka's clients take a listener as brokers name it, ``SASL_SSL://kafka:9093``, and ignore its name: the
    connection would be in clear text.

    Raises
    ------
    SettingsError
        When one has another form or names another protocol. What may be a password is not repeated.
    """
    servers = []
    for part in text.split(","):
        named, separator, server = part.strip().rpartition("://")
        if separator and named.upper() not in PROTOCOLS:
            raise _wrong_servers(text)
        if separator and protocol is not None and named.upper() != protocol:
            raise _other_protocol(named.upper(), protocol)
        host, colon, port = server.rpartition(":")
        if not colon or not _can_be_host(host) or _PORT.fullmatch(port) is None:
            raise _wrong_servers(text)
        if not 0 < int(port) < 65536:
            raise _wrong_servers(text)
        servers.append(server)
    return ",".join(servers)


def _can_be_host(host: str) -> bool:
    """Return whether it is a name or an address; one of IPv6 is in brackets, since a port follows a colon."""
    if host.startswith("["):
        with contextlib.suppress(ValueError):
            return host.endswith("]") and ipaddress.IPv6Address(host[1:-1]) is not None
        return False
    return not set(host) & set(":[]") and can_be_host(host)


def _other_protocol(named: str, protocol: str) -> SettingsError:
    return SettingsError(
        f"--bootstrap-server names {named}, and security.protocol is {protocol}",
        hint=f"set security.protocol={named} in --command-config, or leave {named}:// out",
        flag="--bootstrap-server",
    )


def _wrong_servers(text: str) -> SettingsError:
    shown = "" if "@" in text else f" {text!r}"
    return SettingsError(
        f"--bootstrap-server{shown} is not of the form HOST:PORT,HOST:PORT",
        hint="Kafka's usual port is 9092; an IPv6 address is in brackets, like [::1]:9092; users and"
        " passwords belong into --command-config",
        flag="--bootstrap-server",
    )
