"""Receipts from the bytes that consensus hashes, and their event logs.

The root is compared first, and only bytes that it commits to are read: so the reader below meets what
consensus encoded and nothing else, and may be short. It checks every length and prefix all the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from ethlogs.proof.block import ProvenLog
from ethlogs.proof.rlp import encode_list
from ethlogs.proof.rlp_reader import read_item, read_list, read_only_item
from ethlogs.proof.shapes import ShapeError
from ethlogs.proof.trie import trie_root

_DEPOSIT = 0x7E
_BLOOM_PREFIX = b"\xb9\x01\x00"  # RLP of 256 bytes
_BLOOM_BYTES = 256

# The RLP prefix of a list of topics, 33 bytes each: how many there are, and how long the prefix is.
_TOPICS = {b"\xc0": (0, 1), b"\xe1": (1, 1), b"\xf8\x42": (2, 2), b"\xf8\x63": (3, 2), b"\xf8\x84": (4, 2)}


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
    """Whether a receipt without a type has a status, where one of before Byzantium has a state root."""
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
    """Append the receipt's logs; each is ``rlp([address, topics, data])``."""
    position, end = _find_logs(receipt)
    if position == end:
        return
    text = receipt.hex()
    while position < end:
        first = receipt[position]
        if first < 0xC0:
            raise ShapeError(f"log {len(logs)} is not a list")
        position += 1 if first <= 0xF7 else first - 0xF6
        if receipt[position] != 0x94:
            raise ShapeError(f"log {len(logs)} has no address")
        address = "0x" + text[2 * position + 2 : 2 * position + 42]
        position += 21
        prefix = receipt[position : position + 2]
        count, length = _TOPICS[prefix if prefix[0] == 0xF8 else prefix[:1]]
        position += length
        topics = []
        for _ in range(count):
            if receipt[position] != 0xA0:
                raise ShapeError(f"log {len(logs)} has a topic that is not 32 bytes long")
            topics.append("0x" + text[2 * position + 2 : 2 * position + 66])
            position += 33
        begin, position = _find_data(receipt, position)
        data = "0x" + text[2 * begin : 2 * position]
        logs.append(ProvenLog(address, topics, data, transaction, index, len(logs)))
    if position != end:
        raise ShapeError("has logs that end elsewhere than their list")


def _find_logs(receipt: bytes) -> tuple[int, int]:
    """Where the logs begin and end in ``[type byte] rlp([status or root, gas, bloom, logs, …])``."""
    whole = read_item(receipt, 1 if receipt[0] < 0x80 else 0, len(receipt))
    outcome = read_item(receipt, whole.payload, whole.end)
    gas = read_item(receipt, outcome.end, whole.end)
    bloom_end = gas.end + len(_BLOOM_PREFIX) + _BLOOM_BYTES
    listed = read_item(receipt, bloom_end, whole.end)
    if receipt[gas.end : gas.end + 3] != _BLOOM_PREFIX or not (whole.is_list and listed.is_list):
        raise ShapeError("is not a list with a bloom and logs")
    return listed.payload, listed.end


def _find_data(receipt: bytes, position: int) -> tuple[int, int]:
    """Where a log's data begin and end: read_item for a string, without its checks and its object."""
    first = receipt[position]
    if first < 0x80:
        return position, position + 1
    if first <= 0xB7:
        return position + 1, position + first - 0x7F
    if first < 0xC0:
        begin = position + first - 0xB6
        return begin, begin + int.from_bytes(receipt[position + 1 : begin], "big")
    raise ShapeError("has a log without data")
