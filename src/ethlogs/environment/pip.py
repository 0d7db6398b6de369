"""The pip section of an environment, installed by the environment's own Python."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ethlogs.environment.spec import EnvironmentSpec
from ethlogs.errors import PackError

_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV")
"""With these pip would install outside of the environment."""
_LAST_CHARACTERS = 1500


def run_pip(spec: EnvironmentSpec, prefix: Path, glibc: str | None) -> None:
    """Install, with pip's own configuration, from the file's folder; for ``glibc`` where it is given.

    Raises
    ------
    PackError
        With pip's own words.
    """
    command = [str(prefix / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    with tempfile.TemporaryDirectory(prefix="ethlogs-pip-") as folder:
        finished = subprocess.run(
            [*command, "--disable-pip-version-check", *spec.pip_arguments],
            cwd=spec.file.resolve().parent,
            env=build_environment(os.environ, Path(folder), glibc),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if finished.returncode:
        words = finished.stderr.strip()[-_LAST_CHARACTERS:]
        raise PackError(
            f"the pip section of {spec.file} cannot be installed: {words}",
            hint="mend it, or pip's own configuration",
        )


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
