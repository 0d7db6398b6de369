"""How far behind the head a chain's safe and finalized blocks are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finality:
    """Distances in blocks from the head.

    A real chain finalizes two epochs behind the head, 64 blocks and more. A demo lasts for a minute: with
    the defaults a chain of 30 blocks has a finalized half from its first moment.
    """

    safe_blocks: int = 8
    finalized_blocks: int = 16
