"""``ethlogs pack`` interrupted, killed, without room, and of an environment that pip has damaged."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ethlogs.environment.condarc import Condarc
from ethlogs.environment.install import create_environment
from ethlogs.environment.spec import read_spec
from tests.harness.running import ENOUGH_SECONDS, wait_until
from tests.integration.packing import Packing, pack, start_pack, write_small_env_file

pytestmark = pytest.mark.services


def run_pip(prefix: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONNOUSERSITE": "1"}
    command = [str(prefix / "bin" / "python"), "-m", "pip", "-q", *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True)


@pytest.fixture(scope="module")
def unpacked(packing: Packing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver's environment as a folder; a test that changes it changes it back."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(packing.archive) as tar:
        tar.extractall(folder, filter="tar")
    return folder


def interrupt_at(words: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Send a real SIGINT once the command says ``words``; returns its status and the rest of stderr."""
    with start_pack(folder, *arguments) as process:
        assert process.stderr is not None
        said = [next(line for line in process.stderr if words in line)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=ENOUGH_SECONDS)
    return process.returncode, "".join([*said, err])


@pytest.mark.parametrize("words", ["solving", "installing 3 conda packages"])
def test_an_interrupt_while_the_environment_is_made(tmp_path: Path, words: str) -> None:
    env_file = write_small_env_file(tmp_path / "conda-env.yml", "python", "pip")
    status, err = interrupt_at(words, tmp_path, "--env-file", str(env_file))
    assert status == 130, err
    assert "Traceback" not in err
    environments = tmp_path / "cache" / "ethlogs" / "environments"
    assert list(environments.iterdir()) == []


@contextlib.contextmanager
def writing(unpacked: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A packing that has written a part of its archive, wherever it writes it."""

    def has_written() -> bool:
        assert process.poll() is None, process.communicate()
        sizes = subprocess.run(["du", "-sk", folder], capture_output=True, text=True, check=False).stdout
        return int(sizes.split()[0]) > 2_000

    with start_pack(folder, "--env-prefix", str(unpacked)) as process:
        try:
            wait_until(has_written, "a part of the archive is written")
            yield process
        finally:
            process.kill()


def unfinished_in(folder: Path) -> list[Path]:
    return [*(folder / "cache" / "ethlogs" / "archives").iterdir(), *(folder / "tmp").iterdir()]


@pytest.fixture
def own_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a test, where also what belongs into /tmp is written."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path


def test_an_interrupt_while_the_archive_is_written(unpacked: Path, own_tmp: Path) -> None:
    with writing(unpacked, own_tmp) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=ENOUGH_SECONDS)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert unfinished_in(own_tmp) == []


def test_an_interrupt_while_the_archive_is_tried(unpacked: Path, own_tmp: Path) -> None:
    status, err = interrupt_at("trying the archive elsewhere", own_tmp, "--env-prefix", str(unpacked))
    assert status == 130, err
    assert "Traceback" not in err
    assert unfinished_in(own_tmp) == []


def test_what_a_killed_packing_left_is_removed_by_the_next(unpacked: Path, own_tmp: Path) -> None:
    with writing(unpacked, own_tmp) as process:
        process.kill()
    assert unfinished_in(own_tmp) != []
    interrupt_at("packing", own_tmp, "--env-prefix", str(unpacked))
    assert unfinished_in(own_tmp) == []


def test_no_room_for_the_archive(unpacked: Path, tmp_path: Path) -> None:
    # A limit for each file, which a write meets as it meets a full disk.
    with start_pack(tmp_path, "--env-prefix", str(unpacked)) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
        _, err = process.communicate(timeout=ENOUGH_SECONDS)
    assert process.returncode == 4, err
    assert "cannot be written: File too large" in err
    assert "Traceback" not in err
    assert list((tmp_path / "cache" / "ethlogs" / "archives").iterdir()) == []


def test_one_package_changed_is_another_archive(packing: Packing, unpacked: Path) -> None:
    status, out, err = pack(packing.folder, "--env-prefix", str(unpacked))
    assert (status, out) == (0, f"{packing.archive}\n"), err
    run_pip(unpacked, "install", "click<8.2")
    status, out, err = pack(packing.folder, "--env-prefix", str(unpacked), "--json")
    run_pip(unpacked, "install", "--upgrade", "click")
    assert status == 0, err
    told = json.loads(out)
    assert not told["reused"]
    assert told["path"] != str(packing.archive)
    assert told["sizeBytes"] == Path(told["path"]).stat().st_size
    assert "Warning" not in err


def test_a_conda_package_that_pip_has_overwritten_is_refused(tmp_path: Path) -> None:
    # conda-pack itself sees only what is missing, and nothing is missing here.
    spec = read_spec(write_small_env_file(tmp_path / "conda-env.yml", "python", "pip"))
    prefix = tmp_path / "env"
    create_environment(spec, Condarc(), None, prefix, tmp_path / "packages", lambda _: None)
    run_pip(prefix, "install", "--ignore-installed", "pip<24.1")
    status, _, err = pack(tmp_path, "--env-prefix", str(prefix))
    assert status == 4
    assert "conda's package of pip was overwritten by pip" in err
    assert list((tmp_path / "cache" / "ethlogs" / "archives").iterdir()) == []
