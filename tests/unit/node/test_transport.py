"""Which URLs are a node's, and what carries requests to them."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.node.http_transport import HttpTransport
from ethlogs.node.ipc_transport import IpcTransport
from ethlogs.node.transport import check_url, open_transport
from ethlogs.node.web_socket_transport import WebSocketTransport
from ethlogs.settings import NodeSettings

HIDDEN = "hunter2"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://geth:8546", "the scheme 'ftp'"),
        ("ws://", "names no host"),
        ("geth:8545", "does not begin with http://"),
        ("geth", "does not begin with http://"),
        ("", "does not begin with http://"),
        ("/geth.ipc", "does not begin with http://"),
        ("http://[::1", "not valid"),
        ("http://geth:99999", "not valid"),
        ("http://geth:0", "the port 0"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("http://geth..example.com:8545", "is not a name that can be looked up"),
        ("ipc://geth.ipc", "names no path"),
        ("http://geth:-1", "not valid"),
        ("http://geth:\u0668\u0665\u0664\u0665", "not valid"),
        ("http://ge th:8545", "is not a name that can be looked up"),
    ],
)
def test_a_url_that_is_not_a_nodes_is_a_wrong_setting_and_says_why(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        open_transport(url, NodeSettings((url,)))
    assert "http://HOST:PORT" in (caught.value.hint or "")


@pytest.mark.parametrize("between", [",", ", "])
def test_urls_separated_by_commas_are_refused_with_the_right_way(between: str) -> None:
    with pytest.raises(SettingsError, match="separated by commas") as caught:
        check_url(f"http://a:8545/{HIDDEN}{between}https://b:8545/{HIDDEN}")
    assert "repeat --node-url" in (caught.value.hint or "")
    assert HIDDEN not in str(caught.value)


def test_a_comma_in_the_path_of_a_url_is_part_of_it() -> None:
    check_url("https://geth/a,b")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://geth", HttpTransport),
        ("https://geth", HttpTransport),
        ("ws://geth", WebSocketTransport),
        ("wss://geth", WebSocketTransport),
        ("ipc:///geth.ipc", IpcTransport),
    ],
)
def test_the_scheme_chooses_the_transport(url: str, kind: type) -> None:
    assert isinstance(open_transport(url, NodeSettings((url,))), kind)


@pytest.mark.parametrize(
    ("url", "words", "hint"),
    [
        (f"http://geth:8545/#{HIDDEN}", "has a #", "%23"),
        (f"http://me:8545#{HIDDEN}@geth:8545", "has a #", "%23"),
        (f"http://me:{HIDDEN}#{HIDDEN}@geth:8545", "not valid", "%23"),
        ("ws://geth:8546#", "has a #", "%23"),
        ("ipc://home/geth/geth.ipc", "no third slash, which makes what follows a host", "ipc:///"),
        (f"ipc://me:{HIDDEN}@geth/geth.ipc", "no third slash", "ipc:///"),
        (f"ipc:///{'d' * 120}/geth.ipc", "longer than the 107 bytes", "--ipcpath"),
    ],
)
def test_what_would_be_read_in_another_way_than_meant_is_refused(url: str, words: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        check_url(url)
    assert hint in (caught.value.hint or "")
    assert HIDDEN not in f"{caught.value} {caught.value.hint}"
