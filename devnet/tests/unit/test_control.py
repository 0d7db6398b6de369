"""Requests to a devnet that is up, over files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ethlogs_devnet.control import answering_requests, ask_for_reorg
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.state import build_state


class FakeChain:
    """A chain that knows how deep a reorg can be; a real one is in the integration tests."""

    def reorg(self, depth: int) -> list[str]:
        if depth > 2:
            raise DevnetError("too deep", hint="at most 2")
        return [f"0x{number}" for number in range(depth + 1)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The state folder of a devnet that is up in this process."""
    with answering_requests(tmp_path, FakeChain(), build_state([], {}, {})):
        yield tmp_path


def test_an_answer_reaches_who_asked_and_leaves_nothing_behind(folder: Path) -> None:
    assert ask_for_reorg(folder, 2) == ["0x0", "0x1", "0x2"]
    assert not list((folder / "requests").iterdir())


def test_a_refusal_comes_with_its_hint(folder: Path) -> None:
    with pytest.raises(DevnetError, match="too deep") as caught:
        ask_for_reorg(folder, 3)
    assert caught.value.hint == "at most 2"


def test_a_folder_without_a_devnet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DevnetError, match="no devnet is up in"):
        ask_for_reorg(tmp_path, 1)
