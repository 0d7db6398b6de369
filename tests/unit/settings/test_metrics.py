"""Addresses to listen on, and several streams of one command."""

from __future__ import annotations

import pytest

from ethlogs.settings import StreamSettings
from ethlogs.settings.metrics import Address, HostPort, TopicsOptions


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9735", Address("127.0.0.1", 9735)),
        ("192.0.2.7:0", Address("192.0.2.7", 0)),
        ("[::1]:9735", Address("::1", 9735)),
        ("edge.example.com:9735", Address("edge.example.com", 9735)),
    ],
)
def test_an_address_is_a_host_and_a_port_and_is_shown_as_it_was_written(text: str, address: Address) -> None:
    assert HostPort().parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "9735", ":9735", "localhost", "localhost:", "localhost:x", "h:65536"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not of the form HOST:PORT"):
        HostPort().parse(text)


def test_a_stream_that_is_named_twice_is_one() -> None:
    assert TopicsOptions(("a", "b", "a")).streams == (StreamSettings("a"), StreamSettings("b"))
    assert TopicsOptions(()).streams == (StreamSettings(),)
