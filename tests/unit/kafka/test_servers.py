"""Brokers are HOST:PORT; what a listener's name says of security is not ignored."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kafka.servers import check_servers

FORM = "is not of the form HOST:PORT,HOST:PORT"


@pytest.mark.parametrize(
    ("text", "protocol", "servers"),
    [
        ("kafka:9092", "PLAINTEXT", "kafka:9092"),
        (" a:1 , [::1]:2 ", "PLAINTEXT", "a:1,[::1]:2"),
        ("SASL_SSL://a:1,sasl_ssl://b:2", "SASL_SSL", "a:1,b:2"),
        ("SSL://a:1", None, "a:1"),
        ("[fe80::1%eth0]:9092", "PLAINTEXT", "[fe80::1%eth0]:9092"),
        ("kafka_1:65535", "PLAINTEXT", "kafka_1:65535"),
    ],
)
def test_servers_are_given_without_blanks_and_names_of_listeners(
    text: str, protocol: str | None, servers: str
) -> None:
    assert check_servers(text, protocol) == servers


@pytest.mark.parametrize("text", ["SASL_SSL://a:1", "a:1,sasl_ssl://b:2"])
@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT", "SSL"])
def test_a_listener_that_is_secured_otherwise_than_the_connection_is_refused(
    text: str, protocol: str
) -> None:
    said = f"names SASL_SSL, and security.protocol is {protocol}"
    with pytest.raises(SettingsError, match=said) as caught:
        check_servers(text, protocol)
    assert "security.protocol=SASL_SSL" in str(caught.value.hint)


@pytest.mark.parametrize(
    "text",
    [
        "kafka",
        "kafka:",
        "kafka:0x10",
        "kafka:99999",
        "http://kafka:9092",
        "kafka:9092,",
        "kafka..example.com:9092",
        "::1:9092",
        "2001:db8::1:9092",
        "[::1]",
        "[::1]:",
        "[kafka]:9092",
        "[::1:9092",
        "::1]:9092",
        "kafka:-1",
        "kafka:0",
        "kafka:" + "9" * 5000,
        "kafka:\u0669\u0660\u0669\u0662",
        "kafka: 9092",
        "ka fka:9092",
        "a:1 b:2",
        "a:1;b:2",
        "kafka:9092/path",
        ",",
        " ",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=FORM):
        check_servers(text, "PLAINTEXT")


def test_what_may_be_a_password_is_not_repeated() -> None:
    with pytest.raises(SettingsError, match=FORM) as caught:
        check_servers("ada:hunter2@kafka:9092", "PLAINTEXT")
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"
