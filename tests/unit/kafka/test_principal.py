"""The principal is what brokers without rules for names make of a login."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.kafka import principal
from ethlogs.kafka.principal import find_principal
from ethlogs.settings import KafkaSettings
from tests.unit.client_certificates import build_key_and_certificate


def of(**client: str) -> str | None:
    settings = tuple((name.replace("_", "."), value) for name, value in client.items())
    return find_principal(KafkaSettings("k:9093", settings))


def test_without_a_login_everybody_is_anonymous() -> None:
    assert of() == "ANONYMOUS"
    assert of(security_protocol="SSL", ssl_cafile="ca.pem") == "ANONYMOUS"


def test_a_password_is_its_users() -> None:
    assert of(security_protocol="SASL_SSL", sasl_mechanism="PLAIN", sasl_plain_username="ada") == "ada"


@pytest.mark.parametrize("name", ["ethlogs@EXAMPLE.COM", "ethlogs/edge.example.com@EXAMPLE.COM"])
def test_a_ticket_is_its_principals_first_part(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A ticket takes a KDC; the secured tests have real ones.
    monkeypatch.setattr(principal, "_read_ticket", lambda: name)
    assert of(security_protocol="SASL_PLAINTEXT", sasl_mechanism="GSSAPI") == "ethlogs"


def test_a_certificate_is_its_subject(tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    file.write_bytes(build_key_and_certificate("ada"))
    assert of(security_protocol="SSL", ssl_certfile=str(file)) == "CN=ada"


def test_nobody_is_named_where_only_the_brokers_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principal, "_read_ticket", lambda: None)
    assert of(security_protocol="SASL_SSL", sasl_mechanism="AWS_MSK_IAM") is None
    assert of(security_protocol="SASL_PLAINTEXT", sasl_mechanism="GSSAPI") is None
    assert of(security_protocol="SSL", ssl_certfile=str(tmp_path / "none.pem")) is None
