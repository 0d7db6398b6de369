"""One plain line for each step, with the seconds that it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str], None]


def to_stderr(line: str) -> None:
    """Write a line to stderr at once."""
    sys.stderr.write(f"ethlogs-devnet: {line}\n")
    sys.stderr.flush()


def silent(line: str) -> None:
    """Write nothing."""


@contextmanager
def step(report: Report, what: str) -> Iterator[None]:
    """Report ``what`` with its seconds once the block has ended without error."""
    began = time.monotonic()
    yield
    report(f"{what} ({time.monotonic() - began:.1f} s)")
