"""Receipts from the bytes that consensus hashes, and their event logs.

The root is compared first, and only bytes that it commits to are read: so the reader below meets what
consensus encoded and nothing else, and may be short. It checks every length and prefix all the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from ethlogs.proof.block import ProvenLog
from ethlogs.proof.rlp import encode_list
from ethlogs.proof.rlp_reader import read_item, read_list, read_only_item
from ethlogs.proof.shapes import ShapeError
from ethlogs.proof.trie import trie_root

_DEPOSIT = 0x7E
_BLOOM_PREFIX = b"\xb9\x01\x00"  # RLP of 256 bytes
_BLOOM_BYTES = 256

_new = tuple.__new__  # half the cost of the named tuple's own constructor
_ADDRESS = 0x94  # RLP of 20 bytes
_FEW_TOPICS = {0xC0: 0, 0xE1: 1}
_TOPICS = tuple(b"\xa0" * count for count in range(5))  # RLP of 32 bytes, so many times


def choose_receipts(values: Sequence[bytes], root: bytes) -> Sequence[bytes] | None:
    """The receipts as the root commits to them: as given, or without what a client wraps them in."""
    for variant in _variants(values):
        if trie_root(variant) == root:
            return variant
    return None


def read_logs(receipts: Sequence[bytes], transactions: Sequence[str]) -> list[ProvenLog]:
    """The event logs of receipts that the root commits to. Raises ShapeError."""
    logs: list[ProvenLog] = []
    for index, (receipt, transaction) in enumerate(zip(receipts, transactions, strict=True)):
        try:
            _read_receipt(receipt, transaction, index, logs)
        except (ShapeError, IndexError, KeyError) as error:
            raise ShapeError(f"receipt {index}: {error}") from None
    return logs


def have_status(receipts: Sequence[bytes]) -> bool:
    """Return whether an untyped receipt has a status, where Byzantium's predecessors have a state root."""
    with contextlib.suppress(ShapeError):
        for receipt in receipts:
            whole = read_only_item(receipt)
            outcome = read_item(receipt, whole.payload, whole.end)
            if whole.is_list and outcome.end - outcome.payload < 32:
                return True
    return False


def _variants(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    yield values
    unwrapped = [_unwrap(value) for value in values]
    if unwrapped != values:
        yield unwrapped
    without_nonce = [_without_nonce(value) for value in unwrapped]
    if without_nonce != unwrapped:
        yield without_nonce


def _unwrap(value: bytes) -> bytes:
    """A typed receipt without one more RLP string around it, in which some clients give it."""
    if not 0x80 < (value[0] if value else 0) < 0xC0:
        return value
    try:
        return read_only_item(value).content(value)
    except ShapeError:
        return value


def _without_nonce(value: bytes) -> bytes:
    """An OP deposit's receipt of Regolith, without the nonce that nodes add and the root does not have."""
    if value[:1] != bytes((_DEPOSIT,)):
        return value
    payload = value[1:]
    try:
        items = read_list(payload, read_only_item(payload))
    except ShapeError:
        return value
    if len(items) != 5:
        return value
    return value[:1] + encode_list(item.encoding(payload) for item in items[:4])


def _read_receipt(receipt: bytes, transaction: str, index: int, logs: list[ProvenLog]) -> None:
    """Append the receipt's logs; each is ``rlp([address, topics, data])``.

    Written out, with read_item's work in place: each event log of a run passes here.
    """
    position, end = _find_logs(receipt)
    if position == end:
        return
    text, number = receipt.hex(), len(logs)
    while position < end:
        first = receipt[position]
        position += 1 if first <= 0xF7 else first - 0xF6
        if first < 0xC0 or receipt[position] != _ADDRESS:
            raise ShapeError(f"log {number} is not a list with an address")
        at = 2 * position
        address = "0x" + text[at + 2 : at + 42]
        position += 21
        first = receipt[position]
        if first == 0xF8:  # two to four topics
            count = receipt[position + 1] // 33
            position += 2
        else:
            count = _FEW_TOPICS[first]
            position += 1
        stop = position + 33 * count
        if receipt[position:stop:33] != _TOPICS[count]:
            raise ShapeError(f"log {number} has topics that are not 32 bytes long")
        topics = _READ_TOPICS[count](text, 2 * position)
        if receipt[stop] >= 0xC0:
            raise ShapeError(f"log {number} has a list where its data must be")
        begin, position = _find_payload(receipt, stop)
        data = "0x" + text[2 * begin : 2 * position]
        logs.append(_new(ProvenLog, (address, topics, data, transaction, index, number)))
        number += 1
    if position != end:
        raise ShapeError("has logs that end elsewhere than their list")


# By their number, since a loop costs as much again; each topic has the two digits of its prefix before it.
_READ_TOPICS: tuple[Callable[[str, int], list[str]], ...] = (
    lambda _text, _at: [],
    lambda text, at: ["0x" + text[at + 2 : at + 66]],
    lambda text, at: ["0x" + text[at + 2 : at + 66], "0x" + text[at + 68 : at + 132]],
    lambda text, at: [
        "0x" + text[at + 2 : at + 66],
        "0x" + text[at + 68 : at + 132],
        "0x" + text[at + 134 : at + 198],
    ],
    lambda text, at: [
        "0x" + text[at + 2 : at + 66],
        "0x" + text[at + 68 : at + 132],
        "0x" + text[at + 134 : at + 198],
        "0x" + text[at + 200 : at + 264],
    ],
)


def _find_logs(receipt: bytes) -> tuple[int, int]:
    """Return where the logs begin and end in ``[type byte] rlp([status or root, gas, bloom, logs, …])``."""
    start = 1 if receipt[0] < 0x80 else 0
    first = receipt[start]
    if first < 0xF8:  # a bloom alone is longer than a short list
        raise ShapeError("is not a list with a bloom")
    position = start + first - 0xF6
    position += 33 if receipt[position] == 0xA0 else 1  # a state root, or a status
    first = receipt[position]
    position += 1 if first < 0x80 else first - 0x7F
    if not receipt.startswith(_BLOOM_PREFIX, position):
        raise ShapeError("has no bloom where one must be")
    position += len(_BLOOM_PREFIX) + _BLOOM_BYTES
    if receipt[position] < 0xC0:
        raise ShapeError("has no list of logs where one must be")
    found = _find_payload(receipt, position)
    if found[1] > len(receipt):
        raise ShapeError("has logs beyond its end")
    return found


def _find_payload(receipt: bytes, position: int) -> tuple[int, int]:
    """Return where the payload of a string or a list begins and ends."""
    first = receipt[position]
    if first < 0x80:
        return position, position + 1
    first -= 0x80 if first < 0xC0 else 0xC0
    begin = position + 1
    if first < 56:
        return begin, begin + first
    begin += first - 55
    return begin, begin + int.from_bytes(receipt[position + 1 : begin], "big")
