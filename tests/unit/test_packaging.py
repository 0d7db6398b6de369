"""What pip installs is the whole product, and it starts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = "from setuptools.build_meta import build_wheel; print(build_wheel('dist'))"


def files_below(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".pyc")
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from a copy: setuptools leaves folders where it builds."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(
        ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    )
    built = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=copy, check=True, capture_output=True, text=True
    )
    return copy / "dist" / built.stdout.splitlines()[-1]


def test_a_wheel_is_the_product_alone_and_all_of_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    installed = {name for name in packed if ".dist-info/" not in name}
    assert installed == {f"ethlogs/{name}" for name in files_below(ROOT / "src" / "ethlogs")}


def test_the_one_command_that_is_installed_is_ethlogs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        assert archive.read(name).decode().split("\n", 1)[1].strip() == "ethlogs = ethlogs.__main__:main"


def test_the_product_runs_as_a_module_too() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "ethlogs", "--version"], check=True, capture_output=True, text=True
    )
    assert finished.stdout.startswith("ethlogs, version ")


def read_lock(name: str) -> dict[str, str]:
    """Each locked version, as name==version, with its hashes."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    entries = re.split(r"\n(?=[a-z])", "\n".join(lines))
    return {name: hashes for name, _, hashes in (entry.partition(" ") for entry in entries)}


def test_what_the_demo_installs_is_a_part_of_what_is_locked_for_all() -> None:
    everything = read_lock("requirements.lock")
    demo = read_lock("requirements-demo.lock")
    assert {"pyspark", "web3"} <= {entry.split("==")[0] for entry in demo}
    assert demo.items() <= everything.items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-demo.lock", "requirements-uv.lock"])
def test_a_lock_names_no_index(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()
