"""Settings of Kafka and of Kerberos, by which Kafka and the cluster know who this is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ethlogs.settings.kinds import KeyValue, Text
from ethlogs.settings.node import NodeOptions
from ethlogs.settings.option import Heading, OptionGroup, option, repeated


@dataclass(frozen=True)
class BrokerOptions(OptionGroup):
    """The brokers."""

    heading: ClassVar[Heading] = "Kafka"
    bootstrap_server: str | None = option(
        "--bootstrap-server", Text("HOST:PORT,…"), "Kafka brokers to connect to first."
    )


@dataclass(frozen=True)
class KafkaOptions(BrokerOptions):
    """The connection to Kafka, as a user gives it."""

    command_config: str | None = option(
        "--command-config",
        Text("FILE"),
        "Kafka client.properties file, as Kafka's own tools take it: security.protocol, sasl.*, ssl.*.",
    )
    client: tuple[tuple[str, str], ...] = repeated(
        "--kafka-config",
        KeyValue(),
        "Kafka client setting by Kafka's own name, like security.protocol=SSL. Repeatable.",
        secret=True,
    )


@dataclass(frozen=True)
class KerberosOptions(OptionGroup):
    """The Kerberos principal, as a user gives it."""

    heading: ClassVar[Heading] = "Kerberos"
    principal: str | None = option(
        "--principal", Text("NAME@REALM"), "Kerberos principal to authenticate as."
    )
    keytab: str | None = option(
        "--keytab",
        Text("FILE|hdfs:…"),
        "Keytab with the principal's key, from which tickets are obtained and renewed.",
    )
    service_name: str | None = option(
        "--kerberos-service-name",
        Text("NAME"),
        "First part of the brokers' principals. [default: kafka]",
    )
    krb5_conf: str | None = option(
        "--krb5-conf", Text("FILE"), "Kerberos configuration file. [default: the machine's own]"
    )


@dataclass(frozen=True)
class KafkaSettings:
    """The connection to Kafka, checked; ``client`` holds Kafka's own client settings by their own names."""

    bootstrap_servers: str
    client: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    patience_seconds: float = NodeOptions.patience
    """How long Kafka may fail before the run ends with status 7."""

    @property
    def hosts(self) -> list[str]:
        """The hosts of ``bootstrap_servers``."""
        return [server.strip().rpartition(":")[0] for server in self.bootstrap_servers.split(",")]


@dataclass(frozen=True)
class KerberosSettings:
    """The principal of a run and its key; paths are those of where the run is."""

    principal: str
    keytab: str | None
    """``None`` in a container means the file that Spark has put there."""

    service_name: str = "kafka"
    """The first part of the brokers' principals."""

    krb5_conf: str | None = None
    """By default the machine's own."""
