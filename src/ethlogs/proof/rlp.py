"""Recursive Length Prefix, as far as headers and receipts need it (Yellow Paper, appendix B)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

EMPTY = b"\x80"

_BYTES = tuple(bytes((value,)) for value in range(256))


def encode_bytes(data: bytes) -> bytes:
    length = len(data)
    if length == 1 and data[0] < 0x80:
        return data
    return string_prefix(length) + data


def encode_uint(number: int) -> bytes:
    """An integer without leading zeros; 0 is the empty string."""
    if 0 < number < 0x80:
        return _BYTES[number]
    return encode_bytes(_to_bytes(number))


def encode_list(items: Iterable[bytes]) -> bytes:
    """A list of items that are encoded already."""
    payload = b"".join(items)
    return list_prefix(len(payload)) + payload


@lru_cache(maxsize=4096)
def string_prefix(length: int) -> bytes:
    """The prefix of a string of so many bytes, unless it is one byte below 0x80."""
    return _prefix(0x80, length)


@lru_cache(maxsize=4096)
def list_prefix(length: int) -> bytes:
    """The prefix of a list whose items have so many bytes."""
    return _prefix(0xC0, length)


def _prefix(base: int, length: int) -> bytes:
    if length < 56:
        return _BYTES[base + length]
    size = _to_bytes(length)
    return _BYTES[base + 55 + len(size)] + size


def _to_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
