"""A block from the bytes that consensus hashes: its header and its transactions' hashes."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.proof.keccak import keccak256
from ethlogs.proof.rlp import encode_bytes, encode_list
from ethlogs.proof.rlp_reader import Item, read_bytes, read_list, read_only_item, read_uint
from ethlogs.proof.seals import BFT_MIX_HASH, unsealed_extra_data
from ethlogs.proof.shapes import INT64_MAX, ShapeError
from ethlogs.proof.trie import trie_root

# The places of a header's fields. They are the same on every chain; what follows differs.
_PARENT_HASH, _TRANSACTIONS_ROOT, _RECEIPTS_ROOT, _LOGS_BLOOM = 0, 4, 5, 6
_NUMBER, _TIMESTAMP, _EXTRA_DATA, _MIX_HASH, _BASE_FEE = 8, 11, 12, 13, 15

# Arbitrum's transactions from before Nitro: their hash is given, not made of their bytes.
_TYPES_HASHED_OTHERWISE = frozenset((b"\x78",))


@dataclass(frozen=True, slots=True)
class RawHeader:
    """The content of a header's bytes."""

    number: int
    hashes: tuple[str, ...]  #: its hash; several where the bytes alone do not say by which rule it is made
    parent_hash: str
    timestamp: int
    logs_bloom: int
    transactions_root: bytes
    receipts_root: bytes
    is_before_london: bool


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A header and the hashes of the transactions, which its transactionsRoot commits to."""

    header: RawHeader
    transactions: tuple[str, ...]


def parse_raw_block(data: bytes) -> RawBlock:
    """The block in the result of debug_getRawBlock.

    Raises ShapeError where it is malformed, or the transactions do not give the header's root.
    """
    parts = read_list(data, read_only_item(data))
    if len(parts) < 2:
        raise ShapeError(f"the block has {len(parts)} parts")
    header = parse_raw_header(parts[0].encoding(data))
    values = [
        item.encoding(data) if item.is_list else item.content(data) for item in read_list(data, parts[1])
    ]
    root = trie_root(values)
    if root != header.transactions_root:
        wanted = header.transactions_root.hex()
        raise ShapeError(f"the transactions give the root 0x{root.hex()}, the header's is 0x{wanted}")
    if any(value[:1] in _TYPES_HASHED_OTHERWISE for value in values):
        raise ShapeError("the block has transactions whose hash is not made of their bytes")
    return RawBlock(header, tuple("0x" + keccak256(value).hex() for value in values))


def parse_raw_header(data: bytes) -> RawHeader:
    """The header in the result of debug_getRawHeader. Raises ShapeError."""
    items = read_list(data, read_only_item(data))
    if len(items) <= _MIX_HASH:
        raise ShapeError(f"the header has {len(items)} fields")
    return RawHeader(
        number=read_uint(data, items[_NUMBER], INT64_MAX),
        hashes=tuple("0x" + keccak256(hashed).hex() for hashed in _hashed_bytes(data, items)),
        parent_hash="0x" + read_bytes(data, items[_PARENT_HASH], 32).hex(),
        timestamp=read_uint(data, items[_TIMESTAMP], INT64_MAX),
        logs_bloom=int.from_bytes(read_bytes(data, items[_LOGS_BLOOM], 256), "big"),
        transactions_root=read_bytes(data, items[_TRANSACTIONS_ROOT], 32),
        receipts_root=read_bytes(data, items[_RECEIPTS_ROOT], 32),
        is_before_london=len(items) <= _BASE_FEE,
    )


def _hashed_bytes(data: bytes, items: list[Item]) -> list[bytes]:
    """Return what is hashed: the bytes themselves, but for a BFT header, whose seals are not in its hash."""
    if "0x" + items[_MIX_HASH].content(data).hex() != BFT_MIX_HASH:
        return [data]
    before = [item.encoding(data) for item in items[:_EXTRA_DATA]]
    after = [item.encoding(data) for item in items[_EXTRA_DATA + 1 :]]
    extra_data = items[_EXTRA_DATA].content(data)
    return [encode_list([*before, encode_bytes(e), *after]) for e in unsealed_extra_data(extra_data)]
