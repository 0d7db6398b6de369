"""``sasl.jaas.config`` in all the forms that Kafka's clients take."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.kafka.jaas import JaasEntry, parse_jaas

HIDDEN = "hunter2"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


@pytest.mark.parametrize(
    "text",
    [
        f'{PLAIN} required username="ada" password="hun;ter\\"2" ;',
        f"{PLAIN} required username='ada' password='hun;ter\"2';",
        f'{PLAIN}  required\tusername = "ada"  password = "hun;ter\\"2";',
    ],
)
def test_a_jaas_entry(text: str) -> None:
    assert parse_jaas(text, "x") == JaasEntry(PLAIN, {"username": "ada", "password": 'hun;ter"2'})


@pytest.mark.parametrize(
    "text", ["", "x", f"{PLAIN} required", f"{PLAIN} maybe a=b;", f"{PLAIN} required ??;"]
)
def test_what_is_no_jaas_entry_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(SettingsError, match=r"sasl\.jaas\.config is not of the form") as caught:
        parse_jaas(f"{text}{HIDDEN}" if text else "", "x")
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("M required;", {}),
        ("M REQUIRED a=b;", {"a": "b"}),
        ("M required a=b ;  ", {"a": "b"}),
        ("M required\n  a = 'b'\n  c=\"d\" ;", {"a": "b", "c": "d"}),
        ("M required /* the user */ a=b // mine\n c=d;", {"a": "b", "c": "d"}),
        ("M required unsecuredLoginStringClaim_sub=a;", {"unsecuredLoginStringClaim_sub": "a"}),
        ("M required a-b='c';", {"a-b": "c"}),
        ("M required a='it\\'s';", {"a": "it's"}),
        ('M required principal="kafka/a.example@A";', {"principal": "kafka/a.example@A"}),
        ('M required a="";', {"a": ""}),
    ],
)
def test_what_kafkas_clients_parse(text: str, options: dict[str, str]) -> None:
    assert parse_jaas(text, "x") == JaasEntry("M", options)


@pytest.mark.parametrize(
    "text",
    [
        "M required a=b; N required c=d;",
        "KafkaClient { M required a=b; };",
        "M required a=;",
        "M required a=b c;",
        "M required a='b;",
    ],
)
def test_what_kafkas_clients_refuse(text: str) -> None:
    with pytest.raises(SettingsError, match=r"one module, with the semicolon"):
        parse_jaas(text, "x")


def test_an_entry_does_not_show_its_password() -> None:
    assert HIDDEN not in repr(parse_jaas(f"M required password={HIDDEN};", "x"))
