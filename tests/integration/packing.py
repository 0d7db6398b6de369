"""``ethlogs pack`` as a user runs it, with its own cache."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ethlogs.environment.spec import read_spec
from ethlogs_devnet.conda.channel import find_channel, write_env_file
from ethlogs_devnet.conda.wheels import find_wheels
from tests.harness.commands import ETHLOGS

TEMPLATE = Path(__file__).parents[2] / "conda-env.yml"
ENOUGH_SECONDS = 400.0


@dataclass(frozen=True)
class Packing:
    """A packed environment and how two commands at once told of it."""

    folder: Path
    env_file: Path
    told: list[dict[str, Any]]
    """The JSON of each command."""

    @property
    def archive(self) -> Path:
        """The archive, which both commands name."""
        return Path(self.told[0]["path"])


def start_pack(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command; what it keeps is below ``folder``.

    pip takes wheels that were fetched once instead of reading the pages of an index.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ETHLOGS_")}
    return subprocess.Popen(
        [str(ETHLOGS), "pack", *arguments],
        env={
            **kept,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": find_wheels(read_pip_section()).as_uri(),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "CONDARC": str(folder / "no-condarc"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@cache
def read_pip_section() -> list[str]:
    """What pip installs into the driver's environment."""
    with tempfile.TemporaryDirectory() as folder:
        env_file = write_env_file(
            Path(folder) / "conda-env.yml", find_channel(), TEMPLATE, kerberos=has_kerberos()
        )
        return list(read_spec(env_file).pip)


def pack(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the command; returns its status and output."""
    with start_pack(folder, *arguments) as process:
        out, err = process.communicate(timeout=ENOUGH_SECONDS)
    return process.returncode, out, err


def pack_twice_at_once(folder: Path) -> Packing:
    """Pack the driver's environment with two commands that are started together."""
    env_file = write_env_file(folder / "conda-env.yml", find_channel(), TEMPLATE, kerberos=has_kerberos())
    both = [start_pack(folder, "--env-file", str(env_file), "--json") for _ in range(2)]
    told = []
    for process in both:
        with process:
            out, err = process.communicate(timeout=ENOUGH_SECONDS)
            assert process.returncode == 0, err
            told.append(json.loads(out))
    return Packing(folder, env_file, told)


def pack_once(folder: Path) -> Packing:
    """:func:`pack_twice_at_once`, by whichever process of the test session comes first."""
    folder.mkdir(exist_ok=True)
    note = folder / "told.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(json.dumps(pack_twice_at_once(folder).told))
    return Packing(folder, folder / "conda-env.yml", json.loads(note.read_text()))


def has_kerberos() -> bool:
    """Whether pip can build gssapi here, as make setup says where it cannot."""
    return find_spec("gssapi") is not None


def write_small_env_file(path: Path, *dependencies: str) -> Path:
    """A conda-env.yml for the channel of this machine's Python."""
    lines = "".join(f"  - {text}\n" for text in dependencies)
    path.write_text(f"channels:\n  - {find_channel().as_uri()}\ndependencies:\n{lines}")
    return path
