"""Which node URLs get the headers of the header file."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.node.headers import headers_for, parse_headers, request_headers, secrets_of
from ethlogs.settings import NodeSettings

HIDDEN = "hunter2"
TOKEN = (("Authorization", f"Bearer {HIDDEN}"),)


def settings(*urls: str) -> NodeSettings:
    text = f"Authorization: Bearer {HIDDEN}\n\n[https://other.example]\nX-Key: {HIDDEN}2\n"
    headers, host_headers = parse_headers(text, "the file")
    return NodeSettings(urls, headers=headers, host_headers=host_headers)


@pytest.mark.parametrize(
    ("first", "url", "gets"),
    [
        ("https://node.example/v1", "https://node.example/v1", True),
        ("https://node.example/v1", "https://node.example:8443/v2", True),
        ("http://node.example:8545", "http://node.example:8546", True),
        ("http://node.example", "https://node.example", True),
        ("https://node.example", "http://node.example", False),
        ("https://node.example", "http://public.example", False),
        ("https://node.example", "https://public.example", False),
        ("http://node.example", "http://public.example", False),
        ("https://node.example", "https://node.example.evil.example", False),
        ("ipc:///geth.ipc", "http://public.example", False),
    ],
)
def test_the_headers_go_to_the_first_url_and_its_host_alone(first: str, url: str, gets: bool) -> None:
    assert headers_for(url, settings(first, url)) == (TOKEN if gets else ())


@pytest.mark.parametrize(
    ("url", "gets"),
    [
        ("https://other.example/v1", True),
        ("https://other.example:8443", True),
        ("http://other.example", False),
        ("https://public.example", False),
    ],
)
def test_another_host_gets_the_headers_below_its_name(url: str, gets: bool) -> None:
    given = settings("https://node.example", url)
    assert headers_for(url, given) == ((("X-Key", f"{HIDDEN}2"),) if gets else ())


def test_no_header_is_in_a_repr() -> None:
    assert HIDDEN not in repr(settings("https://node.example"))


@pytest.mark.parametrize(
    "line",
    [
        HIDDEN,
        f"Bad Name: {HIDDEN}",
        f": {HIDDEN}",
        f"Name: {HIDDEN}\x00",
        f"[{HIDDEN}]",
        f"[https://me:{HIDDEN}@other.example]",
        f"[ftp://{HIDDEN}]",
    ],
)
def test_a_line_of_another_form_is_named_by_its_number_alone(line: str) -> None:
    with pytest.raises(SettingsError, match="line 2 is not of the form Name: value") as caught:
        parse_headers(f"A: b\n{line}\n", "the file")
    assert HIDDEN not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("first", "url", "reaches"),
    [
        ("https://a", "wss://a", True),
        ("wss://a", "https://a", True),
        ("wss://a", "ws://a", False),
        ("https://a", "ws://a", False),
        ("ws://a", "wss://a", True),
        ("wss://a", "wss://b", False),
    ],
)
def test_headers_meant_for_tls_never_go_to_a_web_socket_without_it(
    first: str, url: str, reaches: bool
) -> None:
    headers = (("Authorization", "Bearer hunter2"),)
    assert headers_for(url, NodeSettings((first, url), headers=headers)) == (headers if reaches else ())


def test_a_host_line_may_name_a_web_socket() -> None:
    assert parse_headers("[wss://b]\nA: 1", "file") == ((), (("wss://b", "A", "1"),))


@pytest.mark.parametrize(
    "value", [f"Bearer \u201c{HIDDEN}\u201d", f"Bearer\u00a0{HIDDEN}", f"Bearer {HIDDEN}é"]
)
def test_a_value_that_no_header_can_have_is_named_by_its_line_alone(value: str) -> None:
    with pytest.raises(SettingsError, match="line 1") as caught:
        parse_headers(f"Authorization: {value}", "the file")
    assert HIDDEN not in f"{caught.value} {caught.value.hint}"


def test_what_may_be_a_secret_is_known_in_each_of_its_forms_and_words_are_none() -> None:
    url = f"https://me:{HIDDEN}%21@node.example/ethereum/v3/0123456789abcdef?apikey=fedcba9876543210&x=1"
    secrets = secrets_of(url, NodeSettings((url,), headers=(("X-Key", "one two-three"),)))
    assert {f"{HIDDEN}%21", f"{HIDDEN}!", "0123456789abcdef", "fedcba9876543210"} <= set(secrets)
    assert {"one two-three", "two-three"} <= set(secrets)
    assert not {"me", "", "ethereum", "v3", "1", "node.example"} & set(secrets)


def test_the_credentials_of_a_url_come_before_those_of_the_file() -> None:
    url = "https://me:pass@node.example"
    settings = NodeSettings((url,), headers=(("authorization", "Bearer other"), ("X-Key", "k")))
    assert request_headers(url, settings) == (("X-Key", "k"), ("Authorization", "Basic bWU6cGFzcw=="))
