"""The pip section of an environment, installed by the environment's own Python."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ethlogs.environment.redact import redact
from ethlogs.environment.spec import EnvironmentSpec
from ethlogs.errors import PackError
from ethlogs.temporary import make_temporary_folder

_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV")
"""With these pip would install outside of the environment."""
_LAST_CHARACTERS = 1500
_NAMES_A_FILE = re.compile(r"\s*(?P<option>-r|--requirement|-c|--constraint)[\s=]*(?P<path>\S.*)")
"""pip takes such a path from the folder of the file that it is in."""


def run_pip(spec: EnvironmentSpec, prefix: Path, glibc: str | None) -> None:
    """Install, with pip's own configuration, from the file's folder; for ``glibc`` where it is given.

    Raises
    ------
    PackError
        With pip's own words.
    """
    command = [str(prefix / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    # The folder is its owner's alone: everybody here can read the arguments of a process, and the section may
    # have a password of an index.
    with make_temporary_folder("pip") as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(build_requirements(spec))
        finished = subprocess.run(
            [*command, "--disable-pip-version-check", "-r", str(requirements)],
            cwd=spec.file.resolve().parent,
            env=build_environment(os.environ, Path(folder), glibc),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if finished.returncode:
        words = redact(finished.stderr.strip())[-_LAST_CHARACTERS:]
        raise PackError(
            f"the pip section of {spec.file} cannot be installed: {words}",
            hint="correct it, or pip's own configuration",
        )


def build_requirements(spec: EnvironmentSpec) -> str:
    """Return the section as a requirements file for another folder, with whole paths."""
    folder = spec.file.resolve().parent
    return "".join(f"{_with_whole_path(line, folder)}\n" for line in spec.pip)


def _with_whole_path(line: str, folder: Path) -> str:
    match = _NAMES_A_FILE.match(line)
    if match is None or "://" in match["path"]:
        return line
    (path,) = shlex.split(match["path"]) or [""]
    return f"{match['option']} {shlex.quote(str(folder / path))}"


def build_environment(environment: Mapping[str, str], folder: Path, glibc: str | None) -> dict[str, str]:
    """The variables under which pip installs into its own environment and nowhere else.

    pip asks a module ``_manylinux`` which wheels run on a glibc (PEP 600); it is written into ``folder``.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("PYTHON") and name not in _ELSEWHERE
    }
    kept |= {"PYTHONNOUSERSITE": "1", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    if glibc is not None:
        major, minor = glibc.split(".")[:2]
        answer = f"return (major, minor) <= ({major}, {minor})"
        (folder / "_manylinux.py").write_text(
            f"def manylinux_compatible(major, minor, arch):\n    {answer}\n"
        )
        kept["PYTHONPATH"] = str(folder)
    return kept
