"""The settings of a broker that asks everyone who they are, and of its clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ethlogs_devnet.kafka.certificates import STORE_PASSWORD, Authority
from ethlogs_devnet.ports import LOOPBACK

HOST = "localhost"
"""The name of a broker that is alone to its clients, for a Kerberos principal is one of a host by name."""
SERVICE = "kafka"
ADMIN = "admin"
"""The broker towards itself, and whoever administers it: may do everything."""
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS = ("GSSAPI", *SCRAM, "PLAIN")
SASL_PROTOCOLS = ("SASL_PLAINTEXT", "SASL_SSL")
STORE_KINDS = ("PEM", "PKCS12", "JKS")

_KRB5_MODULE = "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true"
_PLAIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule required"


class SecurePorts(NamedTuple):
    """The ports of the listeners: its own, the controller's, and one for each protocol of clients."""

    internal: int
    controller: int
    sasl_plaintext: int
    sasl_ssl: int
    ssl: int

    def address(self, protocol: str, host: str) -> str:
        """Return ``host:port`` for clients with a security protocol."""
        return f"{host}:{getattr(self, protocol.lower())}"


@dataclass(frozen=True)
class BrokerIdentity:
    """What the broker proves itself with, the passwords of PLAIN's users, and its name and address."""

    principal: str
    keytab: Path
    authority: Authority
    certificate: Path
    passwords: Mapping[str, str]
    host: str = HOST
    listens_on: str = LOOPBACK


@dataclass(frozen=True)
class Way:
    """How a client proves who it is; ``mechanism`` is of SASL only, ``stores`` of TLS only."""

    protocol: str = "SASL_SSL"
    mechanism: str | None = "GSSAPI"
    stores: str = "PEM"

    @property
    def name(self) -> str:
        """A name for files, like ``sasl_ssl-gssapi``."""
        parts = (self.protocol, self.mechanism, None if self.stores == "PEM" else self.stores)
        return "-".join(part.lower() for part in parts if part is not None)


WAYS = (
    *(Way(protocol, mechanism) for protocol in SASL_PROTOCOLS for mechanism in MECHANISMS),
    *(Way("SASL_SSL", "GSSAPI", stores) for stores in STORE_KINDS[1:]),
    *(Way("SSL", None, stores) for stores in STORE_KINDS),
)
"""Each way of which a client's settings are written."""


@dataclass(frozen=True)
class ClientIdentity:
    """What a client proves itself with; each way uses some of it."""

    name: str
    principal: str
    keytab: Path
    password: str
    authority: Authority


def build_secure_properties(ports: SecurePorts, broker: BrokerIdentity) -> dict[str, str]:
    """Return the settings that go over those of a broker without security.

    No listener is for clients without a name. The broker and its controller know each other by a password
    of their own, so that neither needs a ticket to start.
    """
    return {
        "listeners": _to_addresses(ports, broker.listens_on),
        "advertised.listeners": _to_addresses(ports._replace(controller=0), broker.host),
        "listener.security.protocol.map": ",".join(f"{name}:{of}" for name, of in _PROTOCOLS.items()),
        "inter.broker.listener.name": "INTERNAL",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "sasl.kerberos.service.name": SERVICE,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{ADMIN};User:{SERVICE}",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(broker.certificate),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(broker.authority.certificate),
        "listener.name.ssl.ssl.client.auth": "required",
        **_build_inner_logins(broker.passwords[ADMIN]),
        **_build_client_logins(broker),
    }


def build_client_properties(client: ClientIdentity, way: Way) -> dict[str, str]:
    """Return a client's settings, as Kafka's own programs take them with ``--command-config``."""
    properties = {"security.protocol": way.protocol}
    if way.mechanism is not None:
        properties |= {"sasl.mechanism": way.mechanism, "sasl.jaas.config": _build_login(client, way)}
    if way.mechanism == "GSSAPI":
        properties["sasl.kerberos.service.name"] = SERVICE
    if way.protocol.endswith("SSL"):
        properties |= _build_truststore(client.authority, way.stores)
    if way.protocol == "SSL":
        properties |= _build_keystore(client, way.stores)
    return properties


_PROTOCOLS = {
    "INTERNAL": "SASL_PLAINTEXT",
    "CONTROLLER": "SASL_PLAINTEXT",
    "SASL_PLAINTEXT": "SASL_PLAINTEXT",
    "SASL_SSL": "SASL_SSL",
    "SSL": "SSL",
}


def _to_addresses(ports: SecurePorts, host: str) -> str:
    return ",".join(f"{name.upper()}://{host}:{port}" for name, port in ports._asdict().items() if port)


def _build_inner_logins(password: str) -> dict[str, str]:
    module = f'{_PLAIN_MODULE} username="{ADMIN}" password="{password}" user_{ADMIN}="{password}";'
    return {
        f"listener.name.{name}.{key}": value
        for name in ("internal", "controller")
        for key, value in {"sasl.enabled.mechanisms": "PLAIN", "plain.sasl.jaas.config": module}.items()
    }


def _build_client_logins(broker: BrokerIdentity) -> dict[str, str]:
    users = " ".join(f'user_{name}="{word}"' for name, word in broker.passwords.items() if name != ADMIN)
    keytab = f'keyTab="{broker.keytab}" principal="{broker.principal}"'
    modules = {
        "gssapi": f"{_KRB5_MODULE} isInitiator=false {keytab};",
        **{mechanism.lower(): f"{_SCRAM_MODULE};" for mechanism in SCRAM},
        "plain": f"{_PLAIN_MODULE} {users};",
    }
    properties = {}
    for protocol in SASL_PROTOCOLS:
        listener = f"listener.name.{protocol.lower()}"
        properties[f"{listener}.sasl.enabled.mechanisms"] = ",".join(MECHANISMS)
        properties |= {f"{listener}.{name}.sasl.jaas.config": text for name, text in modules.items()}
    return properties


def _build_login(client: ClientIdentity, way: Way) -> str:
    if way.mechanism == "GSSAPI":
        return f'{_KRB5_MODULE} keyTab="{client.keytab}" principal="{client.principal}";'
    module = _PLAIN_MODULE if way.mechanism == "PLAIN" else _SCRAM_MODULE
    return f'{module} username="{client.name}" password="{client.password}";'


def _build_truststore(authority: Authority, stores: str) -> dict[str, str]:
    properties = {
        "ssl.truststore.type": stores,
        "ssl.truststore.location": str(authority.truststore(stores)),
    }
    return properties if stores == "PEM" else {**properties, "ssl.truststore.password": STORE_PASSWORD}


def _build_keystore(client: ClientIdentity, stores: str) -> dict[str, str]:
    if stores == "PEM":
        path = client.authority.pem(client.name)
        return {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(path)}
    return {
        # JKS is of one java alone; a keystore is PKCS12 wherever another program makes it
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": str(client.authority.pkcs12(client.name)),
        "ssl.keystore.password": STORE_PASSWORD,
        "ssl.key.password": STORE_PASSWORD,
    }
