"""Builds the wheel and the source archive into dist/, and tries the wheel alone: ``make release``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def main() -> int:
    """Build, then install the wheel into an empty environment and ask it for its help."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    build(DIST)
    (wheel,) = DIST.glob("ethlogs-*.whl")
    (archive,) = DIST.glob("ethlogs-*.tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        shown = try_wheel(wheel, Path(folder))
    sys.stdout.write(f"{archive.relative_to(ROOT)}\n{wheel.relative_to(ROOT)}\n")
    sys.stderr.write(f"the wheel alone says: {shown}\n")
    return 0


def build(target: Path) -> None:
    """Build from a copy of what is under version control: setuptools leaves folders where it builds."""
    with tempfile.TemporaryDirectory() as folder:
        names = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        for name in filter(None, names.split("\0")):
            place = Path(folder, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place)
        for kind in ("build_sdist", "build_wheel"):
            command = [sys.executable, "-c", BUILD, kind, str(target)]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)


def try_wheel(wheel: Path, folder: Path) -> str:
    """Install the wheel with its own dependencies; return the first line of its version."""
    venv.create(folder, with_pip=True)
    install = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, cwd=folder, check=True)
    ethlogs = folder / "bin" / "ethlogs"
    subprocess.run([ethlogs, "--help"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    shown = subprocess.run([ethlogs, "--version"], cwd=folder, check=True, capture_output=True, text=True)
    return shown.stdout.splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
