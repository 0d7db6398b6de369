"""End the containers that a NodeManager has started, once it has ended itself.

    python -I -S containers.py PID FOLDER

waits until process PID has ended and then ends every process that works in FOLDER, the NodeManager's
local folder. YARN puts each container into its own session, where nothing that happens to the
NodeManager reaches it. This file runs on its own: it imports nothing of the package.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

_TIMEOUT_SECONDS = 10.0


def end_containers(folder: Path) -> None:
    """SIGKILL to the processes of containers in ``folder``, until there are none."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while (found := find_containers(folder)) and time.monotonic() < deadline:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def find_containers(folder: Path) -> list[int]:
    """Return the processes whose command line or environment names a file in ``folder``."""
    wanted = f"{folder}/".encode()
    processes = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [int(path.name) for path in processes if path.name != str(os.getpid()) and _has(path, wanted)]


def _has(process: Path, wanted: bytes) -> bool:
    with suppress(OSError):  # it has ended, or it is another user's
        return wanted in (process / "cmdline").read_bytes() or wanted in (process / "environ").read_bytes()
    return False


def main(argv: list[str]) -> None:
    """Wait for the process, then end the containers."""
    with suppress(OSError):  # it has ended already
        process = os.pidfd_open(int(argv[1]))
        select.select([process], [], [])
    end_containers(Path(argv[2]))


if __name__ == "__main__":
    main(sys.argv)
