"""Runs on a Kafka that lets nobody in without a name, by the client.properties of one of its people."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ethlogs.cancellation import StopSwitch
from ethlogs.kafka.command_config import read_command_config
from ethlogs.kafka.stores import StoreFolder
from ethlogs.kerberos.keeper import kept_ticket
from ethlogs.settings import KerberosSettings, RunSettings
from ethlogs_devnet import SecureKafka, SecureKafkaCluster, Way
from ethlogs_devnet.kerberos.users import USER
from tests.harness.running import build_settings
from tests.harness.streams import LOGINS, Stream

TICKET_SECONDS, REAUTH_SECONDS = 20, 15
Secured = SecureKafka | SecureKafkaCluster


def settings_for(
    broker: Secured, node_url: str, stores: StoreFolder, way: Way, user: str = USER, **wanted: Any
) -> tuple[Stream, RunSettings]:
    """A run by the client.properties of a user, on its own stream that an administrator can read."""
    config = read_command_config(broker.client_properties(user, way), stores)
    stream = Stream(broker.address(way.protocol), f"eth_{secrets.token_hex(4)}")
    reader = broker.administrator.login
    LOGINS[stream.bootstrap] = {k: v for k, v in reader.items() if k != "bootstrap_servers"}
    settings = build_settings(stream, node_url, start="1", client=config.client, **wanted)
    kerberos = None
    if config.principal is not None:
        kerberos = KerberosSettings(config.principal, config.keytab)
    return replace(stream, bootstrap=reader["bootstrap_servers"]), replace(settings, kerberos=kerberos)


@contextlib.contextmanager
def with_ticket(settings: RunSettings) -> Iterator[None]:
    """Hold a ticket where the run needs one."""
    if settings.kerberos is None:
        yield
        return
    with kept_ticket(settings.kerberos, settings.kafka.hosts, StopSwitch(), print):
        yield


def readable(broker: SecureKafka | SecureKafkaCluster) -> None:
    """Let the tests' own reader in."""
    reader = broker.administrator.login
    LOGINS[reader["bootstrap_servers"]] = reader
