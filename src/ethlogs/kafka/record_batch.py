"""The records of a batch as Kafka's message format 2 has them, read all at once."""

from __future__ import annotations

from typing import NamedTuple

_new = tuple.__new__
"""Makes a record in half of the time that its class takes."""


class FetchedRecord(NamedTuple):
    """A record of a batch."""

    offset: int
    key: bytes | None
    value: bytes | None


def read_records(data: bytes, position: int, count: int, base_offset: int) -> list[FetchedRecord]:
    """Read the ``count`` records that ``data`` has from ``position`` on; times and headers are left out.

    Raises
    ------
    ValueError, IndexError
        When they are not what the format says, or not all that there is.
    """
    records: list[FetchedRecord] = []
    for _ in range(count):
        # A number has seven bits in each byte, the lowest first, and its sign in the lowest bit. Those of one
        # byte are read here, since a call for each would cost more than all else.
        size = data[position]
        if size > 0x7F:
            size, position = _read_long(data, position)
        end = position + 1 + (size >> 1)
        position += 2  # the attributes have no meaning
        while data[position] > 0x7F:  # the time
            position += 1
        position += 1
        offset = data[position]
        if offset > 0x7F:
            offset, position = _read_long(data, position)
        position += 1
        size = data[position]
        if size > 0x7F:
            size, position = _read_long(data, position)
        position += 1
        key = value = None
        if not size & 1:
            key = data[position : (position := position + (size >> 1))]
        size = data[position]
        if size > 0x7F:
            size, position = _read_long(data, position)
        position += 1
        if not size & 1:
            value = data[position : (position := position + (size >> 1))]
        position = _skip_headers(data, position) if data[position] else position + 1
        if position != end:
            raise ValueError(f"a record ends at byte {position}, and not at {end} as it says")
        records.append(_new(FetchedRecord, (base_offset + (offset >> 1), key, value)))
    if position != len(data):
        raise ValueError(f"{len(data) - position} bytes behind the last record")
    return records


def _read_long(data: bytes, position: int) -> tuple[int, int]:
    """Return a number of two bytes or more, with its sign still in it, and where its last byte is."""
    second = data[position + 1]
    if second <= 0x7F:
        return data[position] - 0x80 + (second << 7), position + 1
    number, shift = data[position] & 0x7F, 7
    while True:
        position += 1
        byte = data[position]
        if byte <= 0x7F:
            return number | byte << shift, position
        number |= (byte & 0x7F) << shift
        shift += 7


def _skip_headers(data: bytes, position: int) -> int:
    """Return where a record's headers end; the sign doubles their number, and each has a key and a value."""
    count = data[position]
    if count > 0x7F:
        count, position = _read_long(data, position)
    position += 1
    for _ in range(count):
        size = data[position]
        if size > 0x7F:
            size, position = _read_long(data, position)
        position += 1 if size & 1 else 1 + (size >> 1)
    return position
