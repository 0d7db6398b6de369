"""Reading JSON-RPC's hex text without trusting it.

``int`` and ``bytes.fromhex`` alone would take blanks, underscores and signs.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from typing import Any

INT64_MAX = 2**63 - 1
UINT64_MAX = 2**64 - 1
UINT256_MAX = 2**256 - 1

_LOWER_CASE_HASH = re.compile(r"0x[0-9a-f]{64}")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_SHOWN_CHARACTERS = 24


class ShapeError(Exception):
    """A value does not have the form that JSON-RPC gives it; the caller adds where it stood."""


def show(value: object) -> str:
    """A value for a message: short, whatever a node sent."""
    if isinstance(value, str):
        cut = value[:_SHOWN_CHARACTERS]
        return ascii(value) if cut == value else f"{cut!a}… ({len(value)} characters)"
    if isinstance(value, list | tuple | dict):
        return f"{type(value).__name__} of {len(value)}"
    return ascii(value)[:_SHOWN_CHARACTERS]


def parse_object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ShapeError(f"is not an object: {show(value)}")
    return value


def parse_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ShapeError(f"is not a list: {show(value)}")
    return value


def parse_quantity(value: object, maximum: int = UINT64_MAX) -> int:
    if not isinstance(value, str) or _QUANTITY.fullmatch(value) is None:
        raise ShapeError(f"is not a quantity (0x and hex digits): {show(value)}")
    number = int(value, 16)
    if number > maximum:
        raise ShapeError(f"is too large: {value}")
    return number


def parse_data(value: object) -> bytes:
    """The bytes of ``0x`` and an even number of hex digits."""
    if not isinstance(value, str) or value[:2] != "0x":
        raise ShapeError(f"is not hex text with 0x: {show(value)}")
    try:
        return unhexlify(value[2:])
    except ValueError:  # which its own error is, too
        raise ShapeError(f"is not an even number of hex digits: {show(value)}") from None


def parse_bytes(value: object, length: int) -> bytes:
    data = parse_data(value)
    if len(data) != length:
        raise ShapeError(f"has {len(data)} bytes instead of {length}: {show(value)}")
    return data


def parse_hash(value: object) -> str:
    """A 32-byte hash as lower-case text."""
    if isinstance(value, str) and _LOWER_CASE_HASH.fullmatch(value) is not None:
        return value
    return "0x" + parse_bytes(value, 32).hex()
