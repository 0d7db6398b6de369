"""A proven block, and what the node sent for it."""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.errors import BlockNotFoundError
from ethlogs.proof import ProvenBlock

_HASH_CHARACTERS = 66


class FetchedBlock(NamedTuple):
    """A proven block and how many bytes the node sent for it."""

    block: ProvenBlock
    size_bytes: int


def readable_block(block: str) -> str:
    """A block's name for a message: its height as people write it, else hash or tag."""
    return str(int(block, 16)) if block.startswith("0x") and len(block) < 20 else block


def is_hash(block: str) -> bool:
    """Return whether a block is named by its hash, not by a height in hex or a tag."""
    return len(block) == _HASH_CHARACTERS


def not_found(block: str, node: str) -> BlockNotFoundError:
    """Return the error of a block that a node does not have."""
    return BlockNotFoundError(
        f"node {node} does not have block {readable_block(block)}",
        hint="is the block right, and is the node in sync with its chain?",
    )
