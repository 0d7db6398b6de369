"""The demo that ``make demo-yarn`` runs inside the devnet: packed, submitted to YARN, and once more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from scripts.demo import show, show_records

BIN = Path(sys.executable).parent


def main() -> int:
    """Pack from a conda-env.yml, run 20 blocks on YARN, then 20 more with all of it in place."""
    show_env_file()
    for _ in ("first", "second"):
        begun = time.monotonic()
        status = call("ethlogs", "produce", "--blocks", "20")
        if status:
            return status
        show(f"({time.monotonic() - begun:.0f} seconds)")
    show("\nthree records of the event-log topic, as a consumer under read_committed reads them:")
    show_records(3)
    return call("ethlogs", "status")


def show_env_file() -> None:
    """Name the file that the devnet has ethlogs pack from."""
    show(f"instead of conda-forge, a channel of this machine's own Python: {os.environ['ETHLOGS_ENV_FILE']}")


def call(program: str, *arguments: str) -> int:
    """Show a command and run it; returns its exit status."""
    show(f"\n$ {program} {' '.join(arguments)}")
    return subprocess.run([str(BIN / program), *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
