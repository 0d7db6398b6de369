"""The settings of the devnet's secured Kafka, and of its clients."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ethlogs_devnet.kafka.certificates import Authority
from ethlogs_devnet.kafka.rights import RIGHTS_OF_A_RUN
from ethlogs_devnet.kafka.secure_settings import (
    ADMIN,
    WAYS,
    BrokerIdentity,
    ClientIdentity,
    SecurePorts,
    Way,
    build_client_properties,
    build_secure_properties,
)
from ethlogs_devnet.private_files import write_private

PORTS = SecurePorts(20_001, 20_002, 20_003, 20_004, 20_005)
AUTHORITY = Authority(Path("/tls"))
BROKER = BrokerIdentity(
    "kafka/localhost@ETHLOGS.TEST",
    Path("/keytabs/kafka"),
    AUTHORITY,
    AUTHORITY.pem("broker"),
    {ADMIN: "of-admin", "ethlogs": "of-ethlogs", "visitor": "of-visitor"},
)
CLIENT = ClientIdentity("ethlogs", "ethlogs@ETHLOGS.TEST", Path("/keytabs/ethlogs"), "of-ethlogs", AUTHORITY)


@pytest.fixture
def properties() -> dict[str, str]:
    return build_secure_properties(PORTS, BROKER)


def test_every_listener_asks_for_a_name(properties: dict[str, str]) -> None:
    listeners = dict(line.split("://") for line in properties["listeners"].split(","))
    protocols = dict(item.split(":") for item in properties["listener.security.protocol.map"].split(","))

    assert set(listeners.values()) == {f"127.0.0.1:{port}" for port in PORTS}
    assert listeners.keys() == protocols.keys()
    assert "PLAINTEXT" not in protocols.values()
    assert properties["listener.name.ssl.ssl.client.auth"] == "required"
    assert properties["allow.everyone.if.no.acl.found"] == "false"


def test_clients_are_told_the_brokers_name_and_not_of_the_controller(properties: dict[str, str]) -> None:
    advertised = dict(line.split("://") for line in properties["advertised.listeners"].split(","))

    assert advertised == {
        "INTERNAL": "localhost:20001",
        "SASL_PLAINTEXT": "localhost:20003",
        "SASL_SSL": "localhost:20004",
        "SSL": "localhost:20005",
    }
    assert PORTS.address("SASL_SSL", "localhost") == advertised["SASL_SSL"]


def test_a_broker_of_several_is_advertised_by_an_address_of_its_own() -> None:
    properties = build_secure_properties(PORTS, replace(BROKER, host="127.0.0.2", listens_on="127.0.0.2"))

    assert "SASL_SSL://127.0.0.2:20004" in properties["listeners"].split(",")
    assert "SASL_SSL://127.0.0.2:20004" in properties["advertised.listeners"].split(",")


def test_the_administrator_has_a_password_on_the_inner_listeners_only(properties: dict[str, str]) -> None:
    with_password = {name for name, value in properties.items() if "of-admin" in value}

    assert with_password == {
        f"listener.name.{name}.plain.sasl.jaas.config" for name in ("internal", "controller")
    }


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_client_proves_who_it_is_in_one_way(way: Way) -> None:
    properties = build_client_properties(CLIENT, way)
    text = "\n".join(properties.values())

    assert properties["security.protocol"] == way.protocol
    assert ("of-ethlogs" in text) == (way.mechanism not in (None, "GSSAPI"))
    assert ("/keytabs/ethlogs" in text) == (way.mechanism == "GSSAPI")
    assert ("ssl.keystore.location" in properties) == (way.protocol == "SSL")
    assert properties.get("ssl.truststore.type") == (way.stores if "SSL" in way.protocol else None)


def test_ways_have_names_of_their_own() -> None:
    names = [way.name for way in WAYS]

    assert len(set(names)) == len(names)
    assert {"sasl_ssl-gssapi", "sasl_ssl-gssapi-jks", "ssl", "sasl_plaintext-scram-sha-512"} <= set(names)


def test_a_run_has_no_right_on_all_topics() -> None:
    assert all(right.name != "*" and right.resource != "CLUSTER" for right in RIGHTS_OF_A_RUN)


def test_a_private_file_is_its_owners_alone_also_where_it_was_not(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("open")
    write_private(path, "secret")

    assert path.read_text() == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
