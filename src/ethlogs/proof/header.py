"""A block's header: its shape, and whether its fields give its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from ethlogs.errors import UnprovenError
from ethlogs.proof.keccak import keccak256
from ethlogs.proof.rlp import encode_bytes, encode_list, encode_uint
from ethlogs.proof.shapes import (
    ShapeError,
    parse_bytes,
    parse_data,
    parse_hash,
    parse_list,
    parse_object,
    parse_quantity,
    show,
)

T = TypeVar("T")

_UINT256_MAX = 2**256 - 1


@dataclass(frozen=True, slots=True)
class Header:
    """What ethlogs needs of a block's header; hex is lower case with ``0x``."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int  #: seconds since 1970
    logs_bloom: int  #: 2048 bits
    receipts_root: str
    transactions: tuple[str, ...]  #: hashes, in the order of the block
    hash_checked: bool  #: whether the fields were found to give the hash


def parse_header(raw: object) -> Header:
    """The header in the result of eth_getBlockByHash or eth_getBlockByNumber.

    Transactions may be hashes or whole objects. Their hashes are the node's word: the header commits
    to the transactions' content, which is not asked for.

    Raises UnprovenError where a field is missing or malformed, or where the fields do not give the hash.
    """
    fields = _header_object(raw)
    checked = check_header_hash(fields)
    if checked is False:
        raise UnprovenError(
            f"{_name(fields)}: the header's fields give the hash {header_hash(fields)}, not the one it names"
        )
    with _named(fields):
        return Header(
            number=_read(fields, "number", parse_quantity),
            hash=_read(fields, "hash", parse_hash),
            parent_hash=_read(fields, "parentHash", parse_hash),
            timestamp=_read(fields, "timestamp", parse_quantity),
            logs_bloom=int.from_bytes(_read(fields, "logsBloom", _bytes_of(256)), "big"),
            receipts_root=_read(fields, "receiptsRoot", parse_hash),
            transactions=_read(fields, "transactions", _parse_transactions),
            hash_checked=checked is True,
        )


def check_header_hash(raw: object) -> bool | None:
    """Whether the header's fields give its hash; None where that cannot be told.

    It cannot be told of a header with a field that this version does not know and that may be hashed
    (another chain's, a later fork's), or without one of those that are always hashed.
    Raises UnprovenError where a known field is malformed.
    """
    fields = _header_object(raw)
    present = {name for name, value in fields.items() if value is not None}
    if present - _HASHED_FIELDS.keys() - _OTHER_FIELDS or not present.issuperset(_ALWAYS_HASHED):
        return None
    if not _is_without_gap(present):
        return None
    with _named(fields):
        return header_hash(fields) == _read(fields, "hash", parse_hash)


def header_hash(raw: object) -> str:
    """keccak-256 over the RLP of the header's fields, which is what a block's hash is.

    Raises UnprovenError where a field is missing or malformed.
    """
    fields = _header_object(raw)
    with _named(fields):
        encoded = [
            _read(fields, name, encode)
            for name, encode in _HASHED_FIELDS.items()
            if name in _ALWAYS_HASHED or fields.get(name) is not None
        ]
    return "0x" + keccak256(encode_list(encoded)).hex()


def _bytes_of(length: int) -> Callable[[object], bytes]:
    return lambda value: parse_bytes(value, length)


def _fixed(length: int) -> Callable[[object], bytes]:
    return lambda value: encode_bytes(parse_bytes(value, length))


def _number(value: object) -> bytes:
    return encode_uint(parse_quantity(value, _UINT256_MAX))


def _any_bytes(value: object) -> bytes:
    return encode_bytes(parse_data(value))


# The fields that are hashed, in their order, with their encodings.
_FRONTIER: dict[str, Callable[[object], bytes]] = {
    "parentHash": _fixed(32),
    "sha3Uncles": _fixed(32),
    "miner": _fixed(20),
    "stateRoot": _fixed(32),
    "transactionsRoot": _fixed(32),
    "receiptsRoot": _fixed(32),
    "logsBloom": _fixed(256),
    "difficulty": _number,
    "number": _number,
    "gasLimit": _number,
    "gasUsed": _number,
    "timestamp": _number,
    "extraData": _any_bytes,
    "mixHash": _fixed(32),
    "nonce": _fixed(8),
}
_LATER_FORKS: dict[str, Callable[[object], bytes]] = {
    "baseFeePerGas": _number,  # London, EIP-1559
    "withdrawalsRoot": _fixed(32),  # Shanghai, EIP-4895
    "blobGasUsed": _number,  # Cancun, EIP-4844
    "excessBlobGas": _number,
    "parentBeaconBlockRoot": _fixed(32),  # Cancun, EIP-4788
    "requestsHash": _fixed(32),  # Prague, EIP-7685
    "blockAccessListHash": _fixed(32),  # Amsterdam, EIP-7928
    "slotNumber": _number,  # Amsterdam, EIP-7843
}
_HASHED_FIELDS = _FRONTIER | _LATER_FORKS
_ALWAYS_HASHED = frozenset(_FRONTIER)
# What nodes add to a header and is not hashed.
_OTHER_FIELDS = frozenset(
    ("hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals", "author")
)


def _is_without_gap(present: set[str]) -> bool:
    """Each fork adds its fields after those of the one before it."""
    seen = [name in present for name in _LATER_FORKS]
    return seen == sorted(seen, reverse=True)


def _parse_transactions(value: object) -> tuple[str, ...]:
    hashes = tuple(_parse_transaction(item, index) for index, item in enumerate(parse_list(value)))
    if len(set(hashes)) != len(hashes):
        raise ShapeError("names a transaction twice")
    return hashes


def _parse_transaction(item: object, index: int) -> str:
    try:
        return parse_hash(item.get("hash") if isinstance(item, dict) else item)
    except ShapeError as error:
        raise ShapeError(f"{index} {error}") from None


def _read(fields: dict[str, Any], name: str, parse: Callable[[object], T]) -> T:
    try:
        return parse(fields[name])
    except KeyError:
        raise ShapeError(f"{name} is missing") from None
    except ShapeError as error:
        raise ShapeError(f"{name} {error}") from None


def _header_object(raw: object) -> dict[str, Any]:
    try:
        return parse_object(raw)
    except ShapeError as error:
        raise UnprovenError(f"a block's header {error}") from None


@contextmanager
def _named(fields: dict[str, Any]) -> Iterator[None]:
    """Say of which block's header a field is malformed."""
    try:
        yield
    except ShapeError as error:
        raise UnprovenError(f"{_name(fields)}: the header's {error}") from None


def _name(fields: dict[str, Any]) -> str:
    try:
        return f"block {parse_quantity(fields.get('number'))}"
    except ShapeError:
        return f"a block with the hash {show(fields.get('hash'))}"
