"""A block's receipts: checked, encoded as consensus encodes them, and their event logs in order."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from ethlogs.proof.block import ProvenLog
from ethlogs.proof.event_logs import parse_log
from ethlogs.proof.header import Header
from ethlogs.proof.place import Place, require
from ethlogs.proof.receipt_layouts import EXTRA_FIELDS, TYPES_WITHOUT_PREFIX
from ethlogs.proof.rlp import encode_bytes, encode_list, encode_uint
from ethlogs.proof.shapes import (
    UINT64_MAX,
    UINT256_MAX,
    ShapeError,
    parse_bytes,
    parse_list,
    parse_object,
    parse_quantity,
)

_LARGEST_TYPE = 0x7F  # EIP-2718: above it a byte would begin an RLP list
_BLOOM_PREFIX = b"\xb9\x01\x00"  # RLP of 256 bytes


_ZEROS = "0x" + "00" * 32


class Outcome(Enum):
    """The outcome that a receipt encodes; the block's root says whether it is right."""

    LIKELIER = auto()  # of both: the state root of before Byzantium; the status where that root is zeros
    OTHER = auto()  # of both
    ZERO_BYTE = auto()  # neither: Arbitrum's receipts from before Nitro commit to no outcome


class ReceiptReader:
    """Reads the receipts of one block from the first to the last."""

    def __init__(self, header: Header, outcome: Outcome = Outcome.LIKELIER) -> None:
        self.logs: list[ProvenLog] = []
        self.bloom = 0
        self.has_both_outcomes = False
        self.has_status_alone = False
        self._outcome = outcome
        self._place = Place(header)

    @property
    def is_numbered_otherwise(self) -> bool:
        """Whether the node's logIndex was not the place in the block."""
        return self._place.is_numbered_otherwise

    def read(self, index: int, raw: object) -> bytes:
        """The encoding of the receipt of the transaction with this index.

        Raises ShapeError where the receipt is malformed or names another place.
        """
        try:
            receipt = parse_object(raw)
            require(receipt, "transactionHash")
            self._place.move_to_transaction(index)
            self._place.check(receipt)
            encoded_logs, bloom = self._read_logs(_read_log_list(receipt), index)
            self.bloom |= bloom
            bloom_bytes = bloom.to_bytes(256, "big")
            _check_bloom(receipt, bloom_bytes)
            return _encode_receipt(receipt, self._encode_outcome(receipt), bloom_bytes, encoded_logs)
        except ShapeError as error:
            raise ShapeError(f"receipt {index}: {error}") from None

    def _read_logs(self, raw_logs: list[Any], transaction_index: int) -> tuple[bytes, int]:
        """The encoded list of a receipt's logs, and their bloom."""
        place, logs, encoded, bloom = self._place, self.logs, [], 0
        for raw in raw_logs:
            log_index = len(logs)
            try:
                log = parse_object(raw)
                place.move_to_log(log_index)
                place.check(log)
                address, topics, data, log_bloom, encoded_items = parse_log(log)
            except ShapeError as error:
                raise ShapeError(f"log {log_index}: {error}") from None
            logs.append(
                ProvenLog(address, topics, data, place.transaction_hash, transaction_index, log_index)
            )
            encoded.append(encode_list(encoded_items))
            bloom |= log_bloom
        return encode_list(encoded), bloom

    def _encode_outcome(self, receipt: dict[str, Any]) -> bytes:
        if self._outcome is Outcome.ZERO_BYTE:
            return b"\0"
        root, status = receipt.get("root"), receipt.get("status")
        if root is None or root == "0x":
            self.has_status_alone = True
            return encode_uint(_read_quantity(receipt, "status", 1))
        if status is not None:
            self.has_both_outcomes = True
            if (root == _ZEROS) is (self._outcome is Outcome.LIKELIER):
                return encode_uint(_read_quantity(receipt, "status", 1))
        try:
            return encode_bytes(parse_bytes(root, 32))
        except ShapeError as error:
            raise ShapeError(f"root {error}") from None


def _read_log_list(receipt: dict[str, Any]) -> list[Any]:
    try:
        return parse_list(receipt.get("logs"))
    except ShapeError as error:
        raise ShapeError(f"logs {error}") from None


def _check_bloom(receipt: dict[str, Any], bloom: bytes) -> None:
    claimed = receipt.get("logsBloom")
    # A node may leave it out, and the usual spelling needs no parsing.
    if claimed in (None, "0x", "0x" + bloom.hex()):
        return
    try:
        claimed_bytes = parse_bytes(claimed, 256)
    except ShapeError as error:
        raise ShapeError(f"logsBloom {error}") from None
    if claimed_bytes != bloom:
        raise ShapeError("its logs do not give its logsBloom")


def _encode_receipt(receipt: dict[str, Any], outcome: bytes, bloom: bytes, encoded_logs: bytes) -> bytes:
    """``rlp([status or root, cumulativeGasUsed, bloom, logs, …])``, behind a type byte unless it is type 0.

    The payload ends with the logs for every type of Ethereum (EIP-2718; types 1 to 4 so far).
    """
    gas = encode_uint(_read_quantity(receipt, "cumulativeGasUsed", UINT64_MAX))
    kind = 0 if receipt.get("type") is None else _read_quantity(receipt, "type", _LARGEST_TYPE)
    items = [outcome, gas, _BLOOM_PREFIX, bloom, encoded_logs]
    extra = EXTRA_FIELDS.get(kind)
    if extra is not None and receipt.get(extra.needs) is not None:
        items += [encode_uint(_read_quantity(receipt, name, UINT256_MAX)) for name in extra.names]
    payload = encode_list(items)
    return payload if kind == 0 or kind in TYPES_WITHOUT_PREFIX else bytes((kind,)) + payload


def _read_quantity(receipt: dict[str, Any], name: str, maximum: int) -> int:
    try:
        return parse_quantity(receipt.get(name), maximum)
    except ShapeError as error:
        raise ShapeError(f"{name} {error}") from None
