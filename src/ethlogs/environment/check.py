"""The check that an archive works where its original is out of reach."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import orjson

from ethlogs.errors import PackError
from ethlogs.temporary import make_temporary_folder

IMPORTS = (
    "click",
    "eth_abi",
    "eth_hash",
    "eth_utils",
    "hexbytes",
    "kafka",
    "lz4",
    "msgspec",
    "orjson",
    "requests",
    "rich",
    "sha3",
    "snappy",
    "web3",
    "zstandard",
)
"""What the driver imports, besides the cluster's pyspark and ethlogs itself."""
OPTIONAL_IMPORTS = ("gssapi", "prometheus_client")
"""What a driver imports on a cluster with Kerberos, or where it serves metrics."""

_SECONDS = 300
_PROGRAM = """
import importlib.util, json, sys
required, optional = json.loads(sys.argv[1])
missing = {}
for name in required + [name for name in optional if importlib.util.find_spec(name)]:
    try:
        __import__(name)
    except Exception as exc:
        missing[name] = f"{type(exc).__name__}: {exc}"
maps = [line.split()[-1] for line in open("/proc/self/maps") if "/" in line]
files = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
print(json.dumps({"missing": missing, "paths": sys.path + [sys.prefix] + files + sorted(set(maps))}))
"""


def check_archive(archive: Path, python: str, original: Path) -> None:
    """Unpack it elsewhere and import there what the driver imports, with an empty environment.

    Raises
    ------
    PackError
        When something cannot be imported, or still comes from the original.
    """
    with make_temporary_folder("check") as folder:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="tar")
        except OSError as exc:
            raise PackError(
                f"the archive cannot be tried, since {folder} cannot be written: {exc.strerror or exc}",
                hint="make room there, or set TMPDIR to another folder",
            ) from exc
        found = _run(Path(folder) / python)
    if found["missing"]:
        reasons = "; ".join(f"{name} ({reason})" for name, reason in found["missing"].items())
        raise PackError(
            f"the driver cannot run from the archive, which lacks: {reasons}",
            hint="add what is missing to the environment",
        )
    originals = {str(original), str(original.resolve())}
    leaks = [
        path for path in found["paths"] if any(f"{path}/".startswith(f"{start}/") for start in originals)
    ]
    if leaks:
        raise PackError(
            f"the archive still needs the original environment: {leaks[0]}", hint="pack with --env-file"
        )


def _run(python: Path) -> dict[str, dict[str, str]]:
    arguments = orjson.dumps([IMPORTS, OPTIONAL_IMPORTS]).decode()
    try:
        finished = subprocess.run(
            [str(python), "-I", "-c", _PROGRAM, arguments],
            capture_output=True,
            text=True,
            env={},
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as exc:
        detail = str(getattr(exc, "stderr", "") or exc).strip()[-500:]
        raise PackError(
            f"the archive's Python does not run: {detail}", hint="was it made for this platform?"
        ) from exc
    found: dict[str, dict[str, str]] = orjson.loads(finished.stdout)
    return found
