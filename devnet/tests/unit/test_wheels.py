"""Wheels that are fetched once for each list of requirements."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ethlogs_devnet import DevnetError
from ethlogs_devnet.conda.wheels import find_wheels


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of pip, which a unit test does not let fetch anything: "fails" makes it fail."""
    called: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        called.append(command)
        folder = Path(command[command.index("--wheel-dir") + 1])
        (folder / "some.whl").touch()
        failed = "fails" in command
        return subprocess.CompletedProcess(command, int(failed), "", "no matching distribution" * failed)

    monkeypatch.setenv("ETHLOGS_DEVNET_CACHE", str(tmp_path))
    monkeypatch.setattr(subprocess, "run", run)
    return called


def test_the_wheels_of_a_list_are_fetched_once_whatever_its_order(commands: list[list[str]]) -> None:
    first, again, other = find_wheels(["a", "b"]), find_wheels(["b", "a"]), find_wheels(["a"])
    assert first == again != other
    assert [command[-2:] for command in commands] == [["a", "b"], [commands[1][-2], "a"]]
    assert [path.name for path in first.iterdir()] == ["some.whl"]


def test_what_cannot_be_fetched_is_said_in_pips_words_and_nothing_is_kept(
    commands: list[list[str]], tmp_path: Path
) -> None:
    with pytest.raises(DevnetError, match="no matching distribution"):
        find_wheels(["fails"])
    assert not list(tmp_path.glob("*wheels-*"))
