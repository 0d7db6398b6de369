"""Reading RLP strictly and without recursion: one level at a time, as places in the data (Yellow Paper, B).

Nothing is copied, nothing is read beyond the end, and an item has exactly one encoding: so data that a node
made up cost memory in proportion to their length, however they are nested.
"""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.proof.shapes import ShapeError

MAX_ITEMS = 1 << 20
"""Many times a block's transactions. A place takes a hundred times the memory of an item of one byte."""

_SHORT = 55  #: the longest payload whose length is part of the first byte


class Item(NamedTuple):
    """One encoded item: the whole of it from ``start`` to ``end``, its payload from ``payload``."""

    start: int
    payload: int
    end: int
    is_list: bool

    def content(self, data: bytes) -> bytes:
        """The payload."""
        return data[self.payload : self.end]

    def encoding(self, data: bytes) -> bytes:
        """The item with its prefix."""
        return data[self.start : self.end]


_new = tuple.__new__  # half the cost of the named tuple's own constructor


def read_item(data: bytes, start: int, limit: int) -> Item:
    """The item that begins at ``start``, which must end by ``limit``. Raises ShapeError."""
    if start >= limit:
        raise ShapeError("ends where an RLP item must begin")
    first = data[start]
    if first < 0x80:
        return _new(Item, (start, start, start + 1, False))
    is_list = first >= 0xC0
    length = first - (0xC0 if is_list else 0x80)
    payload = start + 1
    if length > _SHORT:
        size = length - _SHORT
        payload += size
        if payload > limit:
            raise ShapeError("ends within the length of an RLP item")
        length = int.from_bytes(data[start + 1 : payload], "big")
        if length <= _SHORT or data[start + 1] == 0:
            raise ShapeError("has an RLP length that is longer than it must be")
    end = payload + length
    if end > limit:
        raise ShapeError(f"has an RLP item of {length} bytes where {limit - payload} are left")
    if length == 1 and not is_list and data[payload] < 0x80:
        raise ShapeError("has a single byte as a longer RLP item than it must be")
    return _new(Item, (start, payload, end, is_list))


def read_only_item(data: bytes) -> Item:
    """The one item that the data are. Raises ShapeError where anything follows it."""
    item = read_item(data, 0, len(data))
    if item.end != len(data):
        raise ShapeError(f"has {len(data) - item.end} bytes behind its RLP item")
    return item


def read_list(data: bytes, item: Item) -> list[Item]:
    """The items of a list. Raises ShapeError."""
    if not item.is_list:
        raise ShapeError("has a string where an RLP list must be")
    items: list[Item] = []
    position = item.payload
    while position < item.end:
        if len(items) == MAX_ITEMS:
            raise ShapeError(f"has an RLP list of more than {MAX_ITEMS} items")
        found = read_item(data, position, item.end)
        items.append(found)
        position = found.end
    return items


def read_uint(data: bytes, item: Item, maximum: int) -> int:
    """The integer without leading zeros that a string is. Raises ShapeError."""
    content = item.content(data)
    if item.is_list or content[:1] == b"\0":
        raise ShapeError("has no integer where one must be")
    number = int.from_bytes(content, "big")
    if number > maximum:
        raise ShapeError(f"has an integer of {len(content)} bytes that is too large")
    return number


def read_bytes(data: bytes, item: Item, length: int) -> bytes:
    """A string of exactly this length. Raises ShapeError."""
    content = item.content(data)
    if item.is_list or len(content) != length:
        raise ShapeError(f"has {len(content)} bytes where {length} must be")
    return content
