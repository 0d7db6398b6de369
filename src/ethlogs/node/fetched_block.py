"""A proven block, and what the node sent for it."""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.proof import ProvenBlock


class FetchedBlock(NamedTuple):
    """A proven block and how many bytes the node sent for it."""

    block: ProvenBlock
    size_bytes: int


def readable_block(block: str) -> str:
    """A block's name for a message: its height as people write it, else hash or tag."""
    return str(int(block, 16)) if block.startswith("0x") and len(block) < 20 else block
