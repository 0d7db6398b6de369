"""Recursive Length Prefix, as far as headers and receipts need it (Yellow Paper, appendix B)."""

from __future__ import annotations

from collections.abc import Iterable

EMPTY = b"\x80"

_BYTES = tuple(bytes((value,)) for value in range(256))


def encode_bytes(data: bytes) -> bytes:
    length = len(data)
    if length == 1 and data[0] < 0x80:
        return data
    if length < 56:
        return _BYTES[0x80 + length] + data
    return _long_prefix(0xB7, length) + data


def encode_uint(number: int) -> bytes:
    """An integer without leading zeros; 0 is the empty string."""
    if 0 < number < 0x80:
        return _BYTES[number]
    return encode_bytes(_to_bytes(number))


def encode_list(items: Iterable[bytes]) -> bytes:
    """A list of items that are encoded already."""
    payload = b"".join(items)
    length = len(payload)
    return (_BYTES[0xC0 + length] if length < 56 else _long_prefix(0xF7, length)) + payload


def _long_prefix(base: int, length: int) -> bytes:
    size = _BYTES[length] if length < 256 else _to_bytes(length)
    return _BYTES[base + len(size)] + size


def _to_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
