"""A user who copies the commands of a page into a shell, with their own addresses in place of the page's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ethlogs_devnet.cache import cache_folder
from ethlogs_devnet.kafka.tools import write_tools
from tests.harness.running import ENOUGH_SECONDS

ROOT = Path(__file__).parents[2]
NEEDS_JQ = pytest.mark.skipif(shutil.which("jq") is None, reason="the page's command needs jq")
_OF_TESTS = re.compile(r"ETHLOGS_|XDG_|KRB5")
"""Settings of the machine that a new user does not have."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace each word of a page by what it is here, all at once; each must be there."""
    missing = [word for word in values if word not in text]
    assert not missing, f"{missing} is not in: {text}"
    longest_first = sorted(values, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first)) or "(?!)"
    return re.sub(pattern, lambda match: values[match[0]], text)


class Shell:
    """A shell of a user with an empty home folder: ethlogs and Kafka's tools are on its PATH.

    ``settings`` are variables of the environment, like an end for a run that the page leaves without one.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        write_tools(folder / "tools")
        if not (examples := folder / "examples").exists():
            examples.symlink_to(ROOT / "examples")
        kept = {name: value for name, value in os.environ.items() if not _OF_TESTS.match(name)}
        path = (str(Path(sys.executable).parent), str(folder / "tools"), kept["PATH"])
        self.environment = {
            **kept,
            "HOME": str(self.home),
            "PATH": os.pathsep.join(path),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "ETHLOGS_DEVNET_CACHE": str(cache_folder()),
            **settings,
        }

    def run(
        self, script: str, values: Mapping[str, str] | None = None, *, status: int = 0, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run commands until one fails; the status must be the expected one."""
        done = subprocess.run(
            _bash(script, values or {}),
            cwd=self.folder,
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * ENOUGH_SECONDS,
        )
        assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, script: str, values: Mapping[str, str] | None = None, **settings: str) -> Running:
        """Start a command that has no end."""
        return Running(_bash(f"exec {script}", values or {}), self.folder, {**self.environment, **settings})


class Running:
    """A command that lasts; what it writes goes into two files."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def output(self) -> str:
        """What it wrote."""
        return self._out.read_text() + self._err.read_text()


def _bash(script: str, values: Mapping[str, str]) -> list[str]:
    return ["bash", "-euxo", "pipefail", "-c", fill(script, values)]
