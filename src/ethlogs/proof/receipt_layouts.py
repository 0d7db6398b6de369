"""The fields of other chains' receipts that Ethereum's do not have: data, by the receipt's type."""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.proof.keccak import keccak256


class ExtraFields(NamedTuple):
    """Quantities that are encoded behind the logs, where the field ``needs`` is there."""

    needs: str
    names: tuple[str, ...]


EXTRA_FIELDS = {
    # OP Stack's deposits. From Regolith to Canyon a node names a nonce that is not encoded.
    0x7E: ExtraFields("depositReceiptVersion", ("depositNonce", "depositReceiptVersion")),
    0x7B: ExtraFields("baseFee", ("baseFee",)),  # Celo's transactions with a fee currency
}

# Arbitrum's transactions from before Nitro have a type in JSON, and none in the encoding.
TYPES_WITHOUT_PREFIX = frozenset((0x78,))

_STATE_SYNC = b"matic-bor-receipt-"


def state_sync_hash(number: int, block_hash: str) -> str:
    """The hash under which Polygon's nodes list a block's state-sync logs, which are in no root."""
    return "0x" + keccak256(_STATE_SYNC + number.to_bytes(8, "big") + bytes.fromhex(block_hash[2:])).hex()
