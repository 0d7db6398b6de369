"""The wheels of an environment's pip section, fetched once.

pip reads the pages of an index for some twenty seconds of CPU, each time.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.progress import Report, silent


def find_wheels(requirements: Sequence[str], report: Report = silent) -> Path:
    """Return a folder of wheels for this machine's Python; fetch or build what is not in the cache."""
    what = f"{platform.python_version()} {sorted(requirements)}"
    final = cache_folder() / f"wheels-{hashlib.sha256(what.encode()).hexdigest()[:12]}"
    if not final.is_dir():
        with locked("wheels"):
            if not final.is_dir():
                report("fetching the wheels of the driver's environment: a minute, once")
                with building_folder(final) as folder:
                    _fetch(requirements, folder)
    return final


def _fetch(requirements: Sequence[str], folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--wheel-dir", str(folder), *requirements]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DevnetError(
            f"fetching the wheels of the driver's environment failed: {result.stderr.strip()[-500:]}",
            hint="it needs the network, once",
        )
