"""The brokers as a user lists them, checked before anything is connected."""

from __future__ import annotations

from ethlogs.errors import SettingsError
from ethlogs.host_names import can_be_host
from ethlogs.kafka.spelling import PROTOCOLS


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
        if not colon or not host or "@" in host or not port.isascii() or not port.isdecimal():
            raise _wrong_servers(text)
        if not 0 < int(port) < 65536 or not can_be_host(host):
            raise _wrong_servers(text)
        servers.append(server)
    return ",".join(servers)


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
        hint="Kafka's usual port is 9092; users and passwords belong into --command-config",
        flag="--bootstrap-server",
    )
