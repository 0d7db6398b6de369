"""A channel that is not there is known before an environment is solved."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ethlogs.environment.channels import find_silent_channels
from ethlogs.environment.condarc import Condarc
from ethlogs.environment.spec import EnvironmentSpec
from ethlogs.errors import PackError

HIDDEN = "hunter2"


def look(*channels: str, condarc: Condarc = Condarc()) -> list[str]:  # noqa: B008 - frozen
    return find_silent_channels(EnvironmentSpec(Path("conda-env.yml"), channels, (), ()), condarc, {})


@contextlib.contextmanager
def channel(status: int) -> Iterator[str]:
    """Serve a channel of which only ``noarch/repodata.json`` has this status; the rest is not there."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status if self.path.endswith("/noarch/repodata.json") else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/t/{HIDDEN}/ours"
    finally:
        server.shutdown()
        server.server_close()


def test_a_folder_and_a_server_with_an_index_are_channels(tmp_path: Path) -> None:
    (tmp_path / "noarch").mkdir()
    (tmp_path / "noarch" / "repodata.json").write_text("{}")
    with channel(200) as url:
        assert look(str(tmp_path), tmp_path.as_uri(), url) == []


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="has no index of packages") as caught:
        look(str(tmp_path))
    assert "channel_alias" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "has no index of packages"), (401, "HTTP 401"), (403, "authentication failed")],
)
def test_a_server_that_says_no_is_refused_without_its_token(status: int, said: str) -> None:
    with channel(status) as url, pytest.raises(PackError, match=said) as caught:
        look(url)
    assert HIDDEN not in f"{caught.value}{caught.value.hint}"


def test_a_server_that_does_not_answer_is_named_without_its_token() -> None:
    with channel(503) as url:
        (silent,) = look(url)
    assert "HTTP 503" in silent
    (gone,) = look(url)
    assert HIDDEN not in silent + gone


def test_a_name_is_looked_for_where_conda_is_configured_to(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=f"{tmp_path}/ours has no index"):
        look("ours", condarc=Condarc(channel_alias=tmp_path.as_uri()))


def test_a_public_channel_by_its_name_alone_is_left_to_the_solver() -> None:
    assert look("conda-forge") == []
