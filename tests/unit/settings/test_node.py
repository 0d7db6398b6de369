"""A node's URL as messages show it: without what may be a secret."""

from __future__ import annotations

import pytest

from ethlogs.settings.node import NodeSettings, display_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://geth:8545", "http://geth:8545"),
        ("https://user:password@geth.example.com/", "https://geth.example.com"),
        ("https://eth.example.com/v2/KEY", "https://eth.example.com/…"),
        ("wss://eth.example.com?key=KEY", "wss://eth.example.com/…"),
        ("http://[::1]:8545", "http://[::1]:8545"),
        ("ipc:///data/geth.ipc", "ipc:///data/geth.ipc"),
        ("ipc://user:password@geth/geth.ipc", "(an ipc URL with a host)"),
        ("http://geth:port", "(a URL that cannot be read)"),
        ("http:///path", "(a URL without a host)"),
    ],
)
def test_a_url_is_shown_without_user_password_path_and_query(url: str, shown: str) -> None:
    assert display_url(url) == shown


def test_settings_do_not_show_urls_and_headers() -> None:
    settings = NodeSettings(("http://key@geth",), headers=(("Authorization", "Bearer key"),))
    assert "key" not in repr(settings)
