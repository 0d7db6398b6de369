"""One attempt of a run: the driver's process on this machine, or in one container of YARN."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """One attempt of a run: its number, and whether it is in a container of YARN."""

    number: int = 1
    in_container: bool = False
    """Whether YARN runs the driver: a signal is YARN's then, and the next attempt follows."""


def parse_attempt(container_id: str) -> int:
    """Return the attempt's number in a container's id, like container_e17_1700000000000_0001_02_000001.

    It is 1 where the text is not a container's id.
    """
    match = re.fullmatch(r"container_(?:e\d+_)?\d+_\d+_(\d+)_\d+", container_id)
    return int(match.group(1)) if match else 1
