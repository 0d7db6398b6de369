"""Installing what a peer needs: once, quietly, in the devnet's cache."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.contest import PeerMissing
from benchmarks.lab import say
from ethlogs_devnet.cache import building_folder, cache_folder, locked

ROOT = Path(__file__).parents[1]
ETL = "ethereum-etl==2.4.2"
ETL_REQUIREMENTS = (
    ETL,
    "kafka-python==2.0.2",
    "parsimonious==0.8.1",
    "setuptools<81",
    "timeout-decorator==0.4.1",
)
SUBSQUID = Path(__file__).parent / "subsquid"
EARLIER = "7c14c57"
"""The commit that every later one is measured against: receipts as JSON, records one by one."""


def find_ethereum_etl() -> Path:
    """Return ethereum-etl's program, in a virtual environment that is only for it."""
    python = _find_python310()
    name = ETL.replace("==", "-")
    return _installed(name, ETL, lambda folder: _install_etl(python, folder)) / "run"


def find_subsquid() -> Path:
    """Return the processor's script beside its packages, those of the lock file."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise PeerMissing(f"it needs {program}, which is not installed")
    folder = _installed("subsquid", "subsquid's evm-processor and kafkajs", _install_subsquid)
    # The script is the newest one, whatever was there when the packages were installed.
    return Path(shutil.copy(SUBSQUID / "processor.js", folder))


def earlier_environment() -> dict[str, str]:
    """Return what lets the program ``ethlogs`` be that of the earlier commit, from this repository's history.

    Its requirements are among those of today, and what is on this path comes before what is installed.
    """
    folder = _installed(f"ethlogs-{EARLIER}", f"ethlogs {EARLIER}", _check_out_earlier)
    return {"PYTHONPATH": str(folder / "src")}


def _installed(name: str, what: str, install: Callable[[Path], None]) -> Path:
    folder = cache_folder() / "peers" / name
    if not folder.exists():
        with locked("peers"):
            if not folder.exists():
                say(f"installing {what}, once")
                with building_folder(folder) as building:
                    install(building)
    return folder


def _install_etl(python: str, folder: Path) -> None:
    _run([python, "-m", "venv", str(folder)])
    _run([str(folder / "bin" / "pip"), "install", "--quiet", *ETL_REQUIREMENTS])
    # Not bin/ethereumetl: its first line names the folder in which it was built.
    wrapper = folder / "run"
    wrapper.write_text('#!/bin/sh\nexec "$(dirname "$0")/bin/python" -m ethereumetl "$@"\n')
    wrapper.chmod(0o755)


def _install_subsquid(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SUBSQUID / name, folder)
    # Its packages' own install scripts only build faster variants of what is there in JavaScript.
    _run(["npm", "ci", "--silent", "--ignore-scripts", "--prefix", str(folder)])


def _check_out_earlier(folder: Path) -> None:
    archive = folder / "source.tar"
    _run(["git", "-C", str(ROOT), "archive", f"--output={archive}", EARLIER, "src"])
    shutil.unpack_archive(archive, folder)
    archive.unlink()


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise PeerMissing(f"it cannot be installed: {' '.join(last)}")


def _find_python310() -> str:
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob("3.10*/bin/python"))
    for candidate in [shutil.which("python3.10"), *map(str, pyenv)]:
        if candidate and _is_python310(candidate):
            return candidate
    raise PeerMissing("it needs Python 3.10, which is not installed")


def _is_python310(candidate: str) -> bool:
    code = "import sys, venv; sys.exit(sys.version_info[:2] != (3, 10))"
    return subprocess.run([candidate, "-c", code], capture_output=True, check=False).returncode == 0
