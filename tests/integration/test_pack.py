"""``ethlogs pack`` with a real solver, a real conda channel and the real conda-pack."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tarfile
from pathlib import Path

import pytest

from ethlogs.environment.condarc import Condarc
from ethlogs.environment.install import create_environment
from ethlogs.environment.spec import read_spec
from tests.integration.packing import ENOUGH_SECONDS, Packing, pack, start_pack, write_small_env_file

pytestmark = pytest.mark.services

PROJECT = "from setuptools import setup; setup(name='tiny', version='1', py_modules=['tiny'])\n"


def archives_in(folder: Path) -> list[str]:
    """Everything that looks like an archive, finished or not."""
    return sorted(path.name for path in folder.rglob("*.tar.gz*"))


def test_two_at_once_pack_once(packing: Packing) -> None:
    assert sorted(told["reused"] for told in packing.told) == [False, True]
    assert len({told["path"] for told in packing.told}) == 1
    assert archives_in(packing.folder / "cache" / "ethlogs" / "archives") == [packing.archive.name]


def test_an_archive_is_its_owners_and_says_what_went_in(packing: Packing) -> None:
    archive = packing.archive
    assert archive.stat().st_mode & 0o777 == 0o600
    lock = json.loads((archive.parent / archive.name.replace(".tar.gz", ".lock.json")).read_text())
    assert f"env-{lock['fingerprint']}.tar.gz" == archive.name
    assert [record["name"] for record in lock["conda"]] == ["pip", "python", "syslibs"]
    assert {"web3", "kafka-python", "safe-pysha3"} <= {found["name"] for found in lock["python"]}


def test_an_archive_works_where_its_original_is_gone(packing: Packing, tmp_path: Path) -> None:
    environments = packing.folder / "cache" / "ethlogs" / "environments"
    assert not [path for path in environments.iterdir() if path.is_dir()], "the original is gone"
    with tarfile.open(packing.archive) as tar:
        tar.extractall(tmp_path, filter="tar")
    program = "import sys, web3, kafka, sha3; print(sys.prefix)"
    finished = subprocess.run(
        [tmp_path / "bin" / "python", "-c", program], env={}, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == str(tmp_path)
    assert not list(tmp_path.rglob("pyspark*"))


def test_an_unchanged_environment_is_recognised(packing: Packing) -> None:
    before = packing.archive.stat()
    status, out, err = pack(packing.folder, "--env-file", str(packing.env_file))
    assert status == 0, err
    assert out == f"{packing.archive}\n"
    assert "unchanged, packed before" in err
    assert packing.archive.stat().st_mtime_ns == before.st_mtime_ns


def test_an_archive_goes_where_it_is_wanted(packing: Packing, tmp_path: Path) -> None:
    target = tmp_path / "mine.tar.gz"
    status, out, err = pack(packing.folder, "--env-file", str(packing.env_file), "--output", str(target))
    assert (status, out) == (0, f"{target}\n"), err
    assert target.read_bytes() == packing.archive.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("dependencies", "said"),
    [
        (("python=2.7",), ("cannot be solved", "python 2.7.*")),
        (("python", "no-such-package"), ("cannot be solved", "no-such-package")),
        (("python", "a[b=="), ("correct that dependency",)),
    ],
)
def test_what_cannot_be_solved_is_told_in_the_solvers_words(
    tmp_path: Path, dependencies: tuple[str, ...], said: tuple[str, ...]
) -> None:
    env_file = write_small_env_file(tmp_path / "conda-env.yml", *dependencies)
    status, out, err = pack(tmp_path, "--env-file", str(env_file))
    assert (status, out) == (4, "")
    assert all(text in err for text in said), err
    assert "Traceback" not in err


def test_a_channel_that_cannot_be_reached(tmp_path: Path) -> None:
    env_file = tmp_path / "conda-env.yml"
    env_file.write_text("channels: ['http://127.0.0.1:9/conda']\ndependencies: [python]\n")
    status, _, err = pack(tmp_path, "--env-file", str(env_file))
    assert status == 4
    assert "a channel of http://127.0.0.1:9/conda cannot be reached" in err
    assert "Traceback" not in err


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment as conda makes one, with nothing but Python and pip."""
    folder = tmp_path_factory.mktemp("prefix")
    spec = read_spec(write_small_env_file(folder / "conda-env.yml", "python", "pip"))
    create_environment(spec, Condarc(), None, folder / "env", folder / "packages", lambda _: None)
    return folder / "env"


def run_pip(prefix: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONNOUSERSITE": "1"}
    command = [str(prefix / "bin" / "python"), "-m", "pip", "-q", *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def test_environments_that_cannot_be_packed_whole_are_refused(prefix: Path, tmp_path: Path) -> None:
    status, _, err = pack(tmp_path, "--env-prefix", str(prefix))
    assert status == 4
    assert "the driver cannot run from the archive, which lacks: click" in err

    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "setup.py").write_text(PROJECT)
    (tmp_path / "tiny" / "tiny.py").write_text("")
    run_pip(prefix, "install", "-e", str(tmp_path / "tiny"))
    status, _, err = pack(tmp_path, "--env-prefix", str(prefix))
    assert status == 4
    assert "tiny is an editable install" in err
    run_pip(prefix, "uninstall", "-y", "tiny")

    # As when pip replaces a package of conda's by another version of it.
    run_pip(prefix, "uninstall", "-y", "pip")
    status, _, err = pack(tmp_path, "--env-prefix", str(prefix))
    assert status == 4
    assert "Files managed by conda were found to have been deleted/overwritten" in err
    assert archives_in(tmp_path) == []


def test_an_interrupt_leaves_no_half_archive(packing: Packing, tmp_path: Path) -> None:
    with start_pack(tmp_path, "--env-file", str(packing.env_file)) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "installing the pip section" in line:
                process.send_signal(signal.SIGINT)
                break
        _, err = process.communicate(timeout=ENOUGH_SECONDS)
    assert process.returncode == 130, err
    assert archives_in(tmp_path / "cache" / "ethlogs") == []
    assert "Traceback" not in err
