"""What pip installs is the whole devnet, and all that it imports comes with it."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ethlogs_devnet"
BUILD = "from setuptools.build_meta import build_wheel; print(build_wheel('dist'))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from a copy: setuptools leaves folders where it builds."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(SOURCE, copy / "src" / SOURCE.name, ignore=shutil.ignore_patterns("__pycache__"))
    built = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=copy, check=True, capture_output=True, text=True
    )
    return copy / "dist" / built.stdout.splitlines()[-1]


def read_metadata(wheel: Path, name: str) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (path for path in archive.namelist() if path.endswith(f".dist-info/{name}"))
        return archive.read(path).decode().splitlines()


def foreign_imports() -> set[str]:
    """The top packages that the devnet's modules import, without Python's own and itself."""
    names: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(str(node.module).split(".")[0])
    return names - sys.stdlib_module_names - {SOURCE.name}


def test_a_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert packed == {str(path.relative_to(SOURCE.parent)) for path in files}


def test_its_command_is_installed(wheel: Path) -> None:
    assert "ethlogs-devnet = ethlogs_devnet.cli:main" in read_metadata(wheel, "entry_points.txt")


def test_all_that_it_imports_is_installed_with_it(wheel: Path) -> None:
    lines = read_metadata(wheel, "METADATA")
    required = [Requirement(line.split(": ", 1)[1]) for line in lines if line.startswith("Requires-Dist: ")]
    always = {canonicalize_name(requirement.name) for requirement in required if not requirement.marker}
    providers = packages_distributions()
    missing = {
        name for name in foreign_imports() if not always & set(map(canonicalize_name, providers[name]))
    }
    assert missing == set()
