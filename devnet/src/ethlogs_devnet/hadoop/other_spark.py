"""An older Spark beside the one that the devnet comes with."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.progress import Report, silent

SPARK_35 = "3.5.9"
"""The newest of the 3.5 line, which runs on Java 8, 11 and 17."""


def find_spark(version: str = SPARK_35, report: Report = silent) -> Path:
    """Return the spark-submit of a Spark of pip; fetch it first (about a minute) where it is not cached."""
    final = cache_folder() / f"pyspark-{version}"
    if not final.is_dir():
        with locked("pyspark"):
            if not final.is_dir():
                report(f"fetching Spark {version}: a minute, once")
                _install(final, version)
    return final / "pyspark" / "bin" / "spark-submit"


def _install(final: Path, version: str) -> None:
    with building_folder(final) as folder:
        environment = folder / "pip"
        venv.create(environment, with_pip=True)
        command = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        tools = subprocess.run([*command, "setuptools", "wheel"], capture_output=True, text=True, check=False)
        result = subprocess.run(
            [*command, "--target", str(folder), f"pyspark=={version}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if tools.returncode or result.returncode:
            raise DevnetError(
                f"fetching Spark {version} failed: {(tools.stderr + result.stderr).strip()[-500:]}",
                hint="it needs the network, once",
            )
