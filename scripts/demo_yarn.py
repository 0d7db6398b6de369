"""The demo that ``make demo-yarn`` runs inside the devnet: packed, on YARN, then the page's commands."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from scripts.demo import show, show_records
from scripts.page_commands import list_commands

BIN = Path(sys.executable).parent
_WATCHED_SECONDS = 20.0


def main() -> int:
    """Pack from a conda-env.yml, run 20 blocks on YARN, then what docs/first-hour.md does on a cluster."""
    show_env_file()
    begun = time.monotonic()
    status = call("ethlogs", "produce", "--blocks", "20")
    if status:
        return status
    show(f"({time.monotonic() - begun:.0f} seconds)")
    show("\nthree records of the event-log topic, as a consumer under read_committed reads them:")
    show_records(3)
    show("\nthe commands of docs/first-hour.md for a cluster, on the stream that exists now:")
    return call_all(list_commands("docs/first-hour.md", "6. On the cluster"))


def show_env_file() -> None:
    """Name the environment file of the devnet."""
    show(
        f"the driver's environment is packed from {os.environ['ETHLOGS_ENV_FILE']},"
        " whose channel is made of this machine's own Python and replaces conda-forge"
    )


def call(program: str, *arguments: str) -> int:
    """Show a command and run it; returns its exit status."""
    show(f"\n$ {program} {shlex.join(arguments)}")
    return subprocess.run([str(BIN / program), *arguments], check=False).returncode


def call_all(commands: Iterable[str]) -> int:
    """Run a page's commands until one fails; one that has no end is interrupted as a user would."""
    for command in commands:
        program, *arguments = shlex.split(command)
        status = watch(program, *arguments) if "--watch" in arguments else call(program, *arguments)
        if status:
            return status
    return 0


def watch(program: str, *arguments: str) -> int:
    """Run a command that watches for a while, then press Ctrl-C; returns 0 where it ended by that."""
    show(f"\n$ {program} {shlex.join(arguments)}")
    with subprocess.Popen([str(BIN / program), *arguments]) as process:
        try:
            return process.wait(_WATCHED_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        status = process.wait()
    return 0 if status in (0, 128 + signal.SIGINT, -signal.SIGINT) else status


if __name__ == "__main__":
    sys.exit(main())
