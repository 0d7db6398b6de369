"""What the devnet's tests wait for and look at: the processes of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

ENOUGH_SECONDS = 300.0
"""A guard against a test that hangs, on a busy machine; no test waits for it when it passes."""


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail where it does not come to hold."""
    deadline = time.monotonic() + ENOUGH_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def processes_of(folder: Path) -> list[str]:
    """Command lines of the running processes that name a state folder, there or in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = ((path / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if str(folder).encode() in line + environment and int(path.name) != os.getpid():
            found.append(line.replace(b"\0", b" ").decode())
    return found
