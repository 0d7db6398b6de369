"""Tokens of channels and passwords of indexes are in no argument, message or record of a package."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ethlogs.environment import install
from ethlogs.environment.condarc import Condarc
from ethlogs.environment.install import create_environment
from ethlogs.environment.pip import run_pip
from ethlogs.environment.spec import EnvironmentSpec
from ethlogs.errors import PackError

HIDDEN = "hunter2"
CHANNEL = f"https://conda.example/t/{HIDDEN}/ours"
INDEX = f"--index-url https://ada:{HIDDEN}@pypi.example/simple"


def write_solver(monkeypatch: pytest.MonkeyPatch, folder: Path, answer: str) -> Path:
    """A solver that keeps its arguments and its task: the real one needs a channel that asks for a token."""
    seen = folder / "seen"
    monkeypatch.setattr(
        install,
        "_PROGRAM",
        f"import sys; task = sys.stdin.read(); lines = repr(sys.argv) + chr(10) + task;"
        f" open({str(seen)!r}, 'w').write(lines); print({answer!r})",
    )
    return seen


def create(folder: Path, said: list[str]) -> Path:
    prefix = folder / "prefix"
    spec = EnvironmentSpec(folder / "conda-env.yml", (CHANNEL,), ("python",), ())
    create_environment(spec, Condarc(), None, prefix, folder / "packages", said.append)
    return prefix


def test_the_solver_gets_its_task_through_a_pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = write_solver(monkeypatch, tmp_path, "{}")
    said: list[str] = []
    create(tmp_path, said)
    arguments, task = seen.read_text().splitlines()
    assert HIDDEN not in arguments + "".join(said)
    assert json.loads(task)["channels"] == [CHANNEL]


def test_what_the_solver_says_is_shown_without_the_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = json.dumps({"what": "solve", "words": f"failed to fetch {CHANNEL}/noarch/repodata.json"})
    write_solver(monkeypatch, tmp_path, answer)
    with pytest.raises(PackError, match="cannot be reached: failed to fetch") as caught:
        create(tmp_path, [])
    assert HIDDEN not in str(caught.value)


def test_the_records_of_packages_which_are_packed_have_no_token(tmp_path: Path) -> None:
    cached, record = tmp_path / "cached.json", tmp_path / "conda-meta" / "krb5.json"
    cached.write_text(json.dumps({"name": "krb5", "url": f"{CHANNEL}/krb5.conda", "channel": CHANNEL}))
    record.parent.mkdir()
    record.hardlink_to(cached)
    install._redact_metadata(tmp_path)
    assert json.loads(record.read_text()) == {
        "name": "krb5",
        "url": "https://conda.example/t/…/ours/krb5.conda",
        "channel": "https://conda.example/t/…/ours",
    }
    assert HIDDEN in cached.read_text(), "the package cache is shared by hard links and not touched"


def test_pip_gets_its_section_in_a_private_file(tmp_path: Path) -> None:
    """The interpreter is a script that keeps its arguments, and the file that they name."""
    python = tmp_path / "prefix" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\nwhile [ "$1" != -r ]; do shift; done\n'
        f"cp -p $2 {tmp_path}/section; stat -c %a $(dirname $2) > {tmp_path}/mode\n"
        f"echo 'Looking in https://ada:{HIDDEN}@pypi.example' >&2; exit 1\n"
    )
    python.chmod(0o700)
    spec = EnvironmentSpec(tmp_path / "conda-env.yml", (), (), (INDEX, "web3"))
    with pytest.raises(PackError, match="Looking in https://…@pypi") as caught:
        run_pip(spec, tmp_path / "prefix", None)
    assert HIDDEN not in (tmp_path / "arguments").read_text() + str(caught.value)
    assert (tmp_path / "section").read_text() == f"{INDEX}\nweb3\n"
    assert (tmp_path / "mode").read_text().strip() == "700"


def test_an_archive_is_written_under_a_name_that_nobody_can_prepare(tmp_path: Path) -> None:
    from ethlogs.environment.pack import _open_private, _temporary_name

    target = tmp_path / "env.tar.gz"
    assert _temporary_name(target) != _temporary_name(target)
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "prepared").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError):
        _open_private(tmp_path / "prepared")
    assert (tmp_path / "victim").read_text() == "mine"
    with _open_private(target) as file:
        assert stat.S_IMODE(Path(file.name if isinstance(file.name, str) else target).stat().st_mode) == 0o600
