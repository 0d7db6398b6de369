"""The name of a block as people give it, in the form in which JSON-RPC takes it."""

from __future__ import annotations

import operator
import re

from ethlogs.settings.kinds import is_height

TAGS = ("latest", "safe", "finalized", "earliest")
_HASH_BYTES = 32
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
