"""What a fault is: a name, what it needs to stand on, and a short function that strikes and heals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.harness.faults.stage import Setting, Stage

Meanwhile = Callable[[], None]
"""What else happens while a fault lasts: nothing, a reorg, another fault."""
Strike = Callable[[Stage, Meanwhile], None]
"""Strikes, calls the other once the fault has hold, and heals what does not heal by itself."""


PLAIN = Setting()


class System(StrEnum):
    """What is struck."""

    DRIVER = "the driver"
    KAFKA = "Kafka"
    NODE = "the node"
    CHAIN = "the chain"
    EXECUTOR = "an executor"
    BACKFILL = "the backfill"


@dataclass(frozen=True)
class Fault:
    """One row of the matrix."""

    name: str
    system: System
    strike: Strike
    setting: Setting = PLAIN
    takes_reorg: bool = True
    """Whether a reorg can strike meanwhile; it is one itself where not."""
    ends_driver: bool = False
    """Whether another process continues the stream afterwards."""


def nothing() -> None:
    """Nothing else happens."""
