"""What pip installs is the whole product, and it starts."""

from __future__ import annotations

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
