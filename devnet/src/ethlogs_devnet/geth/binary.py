"""Finding geth, or building it from its source once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.errors import DevnetError, MissingToolError
from ethlogs_devnet.progress import Report, silent

GETH_VERSION = "1.17.10"
_MODULE = "github.com/ethereum/go-ethereum/cmd/geth"
_LOWEST = (1, 17)  # the first with the testing namespace


@dataclass(frozen=True)
class GethBinary:
    """A geth executable and the version that it says it is."""

    path: Path
    version: str


def find_geth(report: Report = silent) -> GethBinary:
    """Return the geth on PATH if it is new enough, else the cached one, else build it (minutes)."""
    on_path = shutil.which("geth")
    if on_path and (version := _version_of(Path(on_path))):
        return GethBinary(Path(on_path), version)
    cached = cache_folder() / f"geth-{GETH_VERSION}" / "geth"
    if not cached.exists():
        report(f"building geth {GETH_VERSION}: some minutes, once")
        with locked("geth"):  # another process may be building it already
            if not cached.exists():
                _build(cached.parent)
    return GethBinary(cached, GETH_VERSION)


@cache
def _version_of(geth: Path) -> str | None:
    """Return the version of an executable that is new enough, else None."""
    result = subprocess.run([str(geth), "version"], capture_output=True, text=True, check=False)
    match = re.search(r"^Version: (\d+)\.(\d+)\.(\S+)", result.stdout, re.MULTILINE)
    if match is None or (int(match[1]), int(match[2])) < _LOWEST:
        return None
    return f"{match[1]}.{match[2]}.{match[3]}"


def _build(folder: Path) -> None:
    if shutil.which("go") is None:
        raise MissingToolError(
            f"geth {GETH_VERSION} has to be built and there is no go on PATH",
            hint=f"apt-get install golang, or put a geth >= {_LOWEST[0]}.{_LOWEST[1]} on PATH",
        )
    with building_folder(folder) as temporary:
        command = ["go", "install", f"{_MODULE}@v{GETH_VERSION}"]
        env = {**os.environ, "GOBIN": str(temporary)}
        result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise DevnetError(
                f"building geth {GETH_VERSION} failed: {result.stderr.strip()[-500:]}",
                hint="it needs the network and a recent go; or put a geth on PATH",
            )
