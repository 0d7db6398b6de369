"""The name of a block: as people give it, as JSON-RPC takes it, and in messages."""

from __future__ import annotations

import operator
import re

from ethlogs.errors import BlockNotFoundError
from ethlogs.settings.kinds import is_height

TAGS = ("latest", "safe", "finalized", "earliest")
_HASH_BYTES = 32
_HASH_CHARACTERS = 66
_HASH = re.compile(r"0x[0-9a-f]{64}")
_HEX = re.compile(r"0x[0-9a-f]{1,16}")


def to_block_name(block: object) -> str:
    """Return a block's height in hex, its hash, or its tag.

    A hash may be bytes too, as web3 returns it, and a height any kind of integer.

    Raises
    ------
    ValueError
        When it does not name a block.
    """
    text = _to_text(block).lower()
    if text in TAGS or _HASH.fullmatch(text):
        return text
    if is_height(text):
        return hex(int(text))
    # As transactions prints it.
    if _HEX.fullmatch(text) and is_height(str(int(text, 16))):
        return hex(int(text, 16))
    raise ValueError(f"{block!r} is not a block number, a block hash or latest")


def is_hash(block: str) -> bool:
    """Return whether a block is named by its hash, not by a height in hex or a tag."""
    return len(block) == _HASH_CHARACTERS


def method_of(block: str) -> str:
    """Return the method that gives a block of this name."""
    return "eth_getBlockByHash" if is_hash(block) else "eth_getBlockByNumber"


def readable_block(block: str) -> str:
    """A block's name for a message: its height as people write it, else hash or tag."""
    return str(int(block, 16)) if block.startswith("0x") and len(block) < 20 else block


def not_found(block: str, node: str) -> BlockNotFoundError:
    """Return the error of a block that a node does not have."""
    return BlockNotFoundError(
        f"node {node} does not have block {readable_block(block)}",
        hint="is the block right, and is the node in sync with its chain?",
    )


def without_receipts(block: str, node: str) -> BlockNotFoundError:
    """Return the error of a block whose receipts a node does not have."""
    return BlockNotFoundError(
        f"node {node} has block {readable_block(block)} but not its receipts",
        hint="the node may have pruned them: use a node that keeps the history that you ask for",
    )


def _to_text(block: object) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, bytes):
        return "0x" + block.hex() if len(block) == _HASH_BYTES else ""
    try:
        # True is 1, and names no block.
        return "" if isinstance(block, bool) else str(operator.index(block))  # type: ignore[arg-type]
    except TypeError:
        return ""
