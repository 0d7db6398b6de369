"""Pictures as Chromium writes them, read pixel by pixel."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

Color = tuple[int, int, int]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}
"""Bytes of a pixel by PNG's colour type: RGB, or RGB with transparency."""


def count_colors(path: Path) -> Counter[Color]:
    """How many pixels of a PNG have which colour."""
    chunks = dict(_join_chunks(path.read_bytes()))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, interlaced) == (8, 0), "not a PNG as Chromium writes it"
    size = _CHANNELS[kind]
    colors: Counter[Color] = Counter()
    for row in _rows(zlib.decompress(chunks[b"IDAT"]), width * size, height, size):
        colors.update(zip(row[0::size], row[1::size], row[2::size], strict=True))
    return colors


def _join_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The header, and the parts of the image data as one."""
    assert content.startswith(_SIGNATURE)
    data, at = b"", len(_SIGNATURE)
    while at < len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        if name == b"IHDR":
            yield name, body
        elif name == b"IDAT":
            data += body
        at += length + 12
    yield b"IDAT", data


def _rows(data: bytes, length: int, height: int, size: int) -> Iterator[bytes]:
    """The rows without PNG's filters, which give most bytes as a difference to their neighbours."""
    above = bytes(length)
    for number in range(height):
        start = number * (length + 1)
        above = _unfilter(data[start], data[start + 1 : start + 1 + length], above, size)
        yield above


def _unfilter(kind: int, row: bytes, above: bytes, size: int) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return above if not any(row) else bytes((a + b) & 255 for a, b in zip(row, above, strict=True))
    out = bytearray(row)
    for at, value in enumerate(row):
        left = out[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        out[at] = (value + _predict(kind, left, above[at], corner)) & 255
    return bytes(out)


def _predict(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (left, up, (left + up) // 2)[kind - 1]
    estimate = left + up - corner
    return min((left, up, corner), key=lambda one: abs(estimate - one))
