"""Kafka's settings by their own names, however they are spelled, and what is weak about them."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kafka.spelling import (
    canonical_name,
    normalize_connection,
    normalize_names,
    warn_of_weak_security,
)


@pytest.mark.parametrize(
    "name", ["security.protocol", " Security.Protocol ", "security_protocol", "\ufeffsecurity-protocol"]
)
def test_a_name_is_known_in_any_spelling(name: str) -> None:
    assert canonical_name(name) == "security.protocol"


def test_values_are_trimmed_but_for_passwords_whose_blanks_may_be_meant() -> None:
    pairs = [("acks", " all "), ("sasl_plain_password", " secret ")]
    assert normalize_names(pairs, "the file") == {"acks": "all", "sasl.plain.password": " secret "}


def test_one_setting_with_two_values_is_refused_and_with_one_value_twice_is_not() -> None:
    assert normalize_names([("acks", "all"), ("ACKS", "all")], "the file") == {"acks": "all"}
    with pytest.raises(SettingsError, match="the file: acks is given twice"):
        normalize_names([("acks", "all"), ("acks", "1")], "the file")


def test_protocol_and_mechanism_are_upper_case_and_kafkas_default_is_gssapi() -> None:
    assert normalize_connection({"security.protocol": "sasl_ssl"}) == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "GSSAPI",
    }
    assert normalize_connection({"security.protocol": "ssl"}) == {"security.protocol": "SSL"}


@pytest.mark.parametrize("name", ["security.protocol", "sasl.mechanism"])
def test_an_unknown_value_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(SettingsError, match=f"the Kafka setting {name} has a value") as caught:
        normalize_connection({name: "my-password"})
    assert "my-password" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ({"sasl.mechanism": "PLAIN"}, "security.protocol is not"),
        ({"security.protocol": "SSL", "ssl.check.hostname": "False"}, "accepted for any host name"),
        ({"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}, "not encrypted"),
    ],
)
def test_a_connection_that_others_can_read_is_warned_of(client: dict[str, str], words: str) -> None:
    (warning,) = warn_of_weak_security(client)
    assert words in " ".join(warning.split())


@pytest.mark.parametrize(
    "client",
    [
        {},
        {"sasl.kerberos.service.name": "kafka"},
        {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"},
        {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "GSSAPI"},
    ],
)
def test_other_connections_are_not(client: dict[str, str]) -> None:
    assert warn_of_weak_security(client) == []
