"""The shell completes commands and flags."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.page_commands import find_blocks

PROGRAM = str(Path(sys.executable).parent / "ethlogs")


def complete(shell_request: str, **variables: str) -> str:
    """What the program says to a shell's request."""
    environment = {**os.environ, "_ETHLOGS_COMPLETE": shell_request, **variables}
    return subprocess.run([PROGRAM], env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ethlogs pro", {"produce"}),
        ("ethlogs s", {"smoketest", "status", "stop"}),
        ("ethlogs produce --node-u", {"--node-url"}),
    ],
)
def test_bash_completes_commands_and_flags(words: str, expected: set[str]) -> None:
    count = len(words.split())
    said = complete("bash_complete", COMP_WORDS=words, COMP_CWORD=str(count - 1))
    assert {line.split(",", 1)[1] for line in said.splitlines()} == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_to_install_for_each_shell(shell: str) -> None:
    assert "_ETHLOGS_COMPLETE" in complete(f"{shell}_source")


def test_the_pages_commands_install_the_completion_of_each_shell(tmp_path: Path) -> None:
    path = f"{Path(PROGRAM).parent}:{os.environ['PATH']}"
    for block in find_blocks("docs/operations.md", "Completion in the shell"):
        environment = {**os.environ, "HOME": str(tmp_path), "PATH": path}
        subprocess.run(["bash", "-ec", block.text], env=environment, check=True)
    installed = [file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file()]
    assert sorted(map(str, installed)) == [
        ".config/fish/completions/ethlogs.fish",
        ".local/share/bash-completion/completions/ethlogs",
        ".zfunc/_ethlogs",
    ]
    assert all("_ETHLOGS_COMPLETE" in (tmp_path / file).read_text() for file in installed)
