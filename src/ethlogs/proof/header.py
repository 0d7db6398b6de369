"""A block's header: its shape, and whether its fields give its hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ethlogs.errors import UnprovenError
from ethlogs.proof.header_hash import check_hash
from ethlogs.proof.header_layouts import read_field
from ethlogs.proof.shapes import (
    INT64_MAX,
    ShapeError,
    parse_bytes,
    parse_hash,
    parse_list,
    parse_object,
    parse_quantity,
    show,
)

UNCHECKED_HINT = (
    "use another node; where the chain itself has such fields, a newer version of ethlogs may know them, or"
    " --unchecked-headers accepts headers whose hash cannot be checked, and the ledger says so"
)


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a block's header that ethlogs needs; hex is lower case with ``0x``."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int  #: seconds since 1970
    logs_bloom: int  #: 2048 bits
    receipts_root: str
    transactions: tuple[str, ...]  #: hashes, in the order of the block
    is_before_london: bool  #: without a base fee
    unchecked: str  #: why the fields were not found to give the hash; empty where they were


def parse_header(raw: object, *, unchecked_headers: bool = False) -> Header:
    """The header in the result of eth_getBlockByHash or eth_getBlockByNumber.

    Transactions may be hashes or whole objects. Their hashes are the node's word: the header commits
    to the transactions' content, which is not asked for.

    ``unchecked_headers`` accepts a header whose known fields do not give its hash, if it has a field that
    this version does not know.

    Raises UnprovenError where a field is missing or malformed, or where the fields do not give the hash.
    """
    fields = _header_object(raw)
    try:
        block_hash = read_field(fields, "hash", parse_hash)
        number = read_field(fields, "number", _parse_int64)
        parent_hash = read_field(fields, "parentHash", parse_hash)
        timestamp = read_field(fields, "timestamp", _parse_int64)
        logs_bloom = int.from_bytes(read_field(fields, "logsBloom", _parse_bloom), "big")
        root = read_field(fields, "receiptsRoot", parse_hash)
        transactions = read_field(fields, "transactions", _parse_transactions)
    except ShapeError as error:
        raise UnprovenError(f"{_name(fields)}: {error}") from None
    check = check_hash(fields, block_hash)
    if not check.proven and not (unchecked_headers and check.has_unknown_field):
        hint = UNCHECKED_HINT if check.has_unknown_field else None
        raise UnprovenError(f"{_name(fields)}: {check.reason}", hint=hint)
    return Header(
        number=number,
        hash=block_hash,
        parent_hash=parent_hash,
        timestamp=timestamp,
        logs_bloom=logs_bloom,
        receipts_root=root,
        transactions=transactions,
        is_before_london=fields.get("baseFeePerGas") is None,
        unchecked=check.reason,
    )


def _parse_int64(value: object) -> int:
    """A number that the ledger, and a consumer's table, can hold."""
    return parse_quantity(value, INT64_MAX)


def _parse_bloom(value: object) -> bytes:
    return parse_bytes(value, 256)


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


def _header_object(raw: object) -> dict[str, Any]:
    try:
        return parse_object(raw)
    except ShapeError as error:
        raise UnprovenError(f"a block's header {error}") from None


def _name(fields: dict[str, Any]) -> str:
    try:
        return f"block {parse_quantity(fields.get('number'))}"
    except ShapeError:
        return f"a block with the hash {show(fields.get('hash'))}"
