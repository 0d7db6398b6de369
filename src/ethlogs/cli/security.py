"""Who a command is, to Kafka and to Kerberos: ``--command-config``, ``--principal``, ``--keytab``."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ethlogs.cli import options
from ethlogs.cli.display import say
from ethlogs.cli.hdfs_keytab import keytab_here
from ethlogs.errors import SettingsError
from ethlogs.hadoop.client import Login
from ethlogs.kafka.command_config import CommandConfig, read_client_settings
from ethlogs.kafka.stores import StoreFolder
from ethlogs.settings import KafkaSettings, KerberosSettings
from ethlogs.stop import StopSwitch

_GSSAPI = "GSSAPI"


@dataclass(frozen=True)
class Identity:
    """How to reach Kafka, and whose ticket that takes."""

    kafka: KafkaSettings
    kerberos: KerberosSettings | None


def identity(given: dict[str, Any]) -> Identity:
    """Kafka's and Kerberos' settings from the options.

    ``--kafka-config`` goes before ``--command-config``, the flags for Kerberos before both.
    """
    config = _read_client_settings(given["command_config"], given["kafka_config"])
    client = dict(config.client)
    service_name = given["kerberos_service_name"]
    if service_name:
        client["sasl.kerberos.service.name"] = service_name
    servers = given["bootstrap_server"] or config.bootstrap_servers
    kafka = options.kafka_settings(servers, tuple(client.items()), given["patience"])
    principal = given["principal"] or config.principal
    keytab = given["keytab"] or config.keytab
    name = client.get("sasl.kerberos.service.name", "kafka")
    return Identity(kafka, _kerberos_settings(principal, keytab, name, given))


def _kerberos_settings(
    principal: str | None, keytab: str | None, service_name: str, given: dict[str, Any]
) -> KerberosSettings | None:
    """Whose ticket to obtain; ``None`` where a ticket that is there already is worked with.

    Raises
    ------
    SettingsError
        When one of principal and keytab is missing, or a file is not there.
    """
    if principal is None and keytab is None:
        return None
    if principal is None or keytab is None:
        missing = "--principal" if principal is None else "--keytab"
        raise SettingsError(
            f"{missing} is not given",
            hint="--principal and --keytab go together; klist -kt shows whose keys it has",
        )
    krb5_conf = given["krb5_conf"]
    keytab = keytab_here(keytab, given)
    for flag, value in (("--keytab", keytab), ("--krb5-conf", krb5_conf)):
        if value is not None and not Path(value).is_file():
            raise SettingsError(f"{flag} {value} is not a file", hint="is the path right?")
    return KerberosSettings(
        principal, str(Path(keytab).absolute()), service_name, krb5_conf and str(Path(krb5_conf).absolute())
    )


def login(given: dict[str, Any]) -> Login:
    """As whom to speak to HDFS and YARN.

    With ``--proxy-user`` the keytab is Kafka's alone, and the cluster is spoken to with the user's ticket.
    """
    krb5_conf, proxy_user = given["krb5_conf"], given.get("proxy_user")
    if proxy_user is not None:
        return Login(krb5_conf=krb5_conf, proxy_user=proxy_user)
    found = _kerberos_settings(given["principal"], given["keytab"], "", given)
    return Login(krb5_conf=krb5_conf) if found is None else Login(found.principal, found.keytab, krb5_conf)


def uses_gssapi(kafka: KafkaSettings) -> bool:
    """Whether Kafka is spoken to with a Kerberos ticket."""
    client = dict(kafka.client)
    return client.get("security.protocol", "").startswith("SASL") and client.get("sasl.mechanism") == _GSSAPI


@contextlib.contextmanager
def ticket(found: Identity) -> Iterator[None]:
    """Hold a ticket for a command that speaks to Kafka from this process."""
    if found.kerberos is None or not uses_gssapi(found.kafka):
        yield
        return
    from ethlogs.kerberos.keeper import kept_ticket

    with kept_ticket(found.kerberos, found.kafka.hosts, StopSwitch(), lambda _notice: None):
        yield


@contextlib.contextmanager
def ticket_for_pages(given: dict[str, Any]) -> Iterator[None]:
    """Hold a ticket of the keytab, where one is given, for the web pages that this process asks."""
    found = _kerberos_settings(given["principal"], given["keytab"], "", given)
    if found is None or importlib.util.find_spec("gssapi") is None:
        yield
        return
    from ethlogs.kerberos.keeper import kept_ticket

    with kept_ticket(found, (), StopSwitch(), lambda _notice: None):
        yield


def _read_client_settings(file: str | None, kafka_config: Sequence[tuple[str, str]]) -> CommandConfig:
    folder = StoreFolder()
    click.get_current_context().call_on_close(folder.close)
    config = read_client_settings(Path(file) if file else None, kafka_config, folder)
    if config.ignored:
        say(f"--command-config {file}: not of the connection and left out: {', '.join(config.ignored)}")
    for warning in config.warnings:
        say(f"warning: {warning}")
    return config
