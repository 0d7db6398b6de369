"""A recorded block's bytes as debug_getRawHeader, -Block and -Receipts give them, by another encoder."""

from __future__ import annotations

from typing import Any

from tests.unit.proof_samples import HEADER_FIELDS, Json, naive_receipt, naive_rlp

AVALANCHE_FIELDS = (
    *HEADER_FIELDS[:15],
    *("extDataHash", "baseFeePerGas", "extDataGasUsed", "blockGasCost"),
)
_NUMBERS = frozenset(
    (
        *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed"),
        *("excessBlobGas", "slotNumber", "extDataGasUsed", "blockGasCost"),
    )
)


def raw_header(header: Json) -> str:
    """The header's bytes."""
    return "0x" + naive_rlp(header_items(header)).hex()


def raw_block(header: Json) -> str:
    """The block's bytes; its transactions must be whole objects."""
    transactions = [_transaction(transaction) for transaction in header["transactions"]]
    items = [header_items(header), transactions, []]
    if header.get("withdrawalsRoot"):
        items.append([])
    return "0x" + naive_rlp(items).hex()


def raw_receipts(receipts: list[Json]) -> list[str]:
    """Each receipt's bytes."""
    return ["0x" + receipt_bytes(receipt).hex() for receipt in receipts]


def receipt_bytes(receipt: Json) -> bytes:
    """As the root has it: an OP deposit ends with its nonce and version, if it has a version, and the outcome
    of Arbitrum's receipts from before Nitro, which have a return code, is a zero byte.
    """
    kept = {name: value for name, value in receipt.items() if value is not None and value != "0x"}
    if "returnCode" in kept:
        return naive_receipt(kept | {"root": "0x00"})
    if kept.get("type", "0x0").lower() != "0x7e" or "depositReceiptVersion" not in kept:
        return naive_receipt(kept)
    extra = [int(kept[name], 16) for name in ("depositNonce", "depositReceiptVersion")]
    return with_more_items(naive_receipt(kept), *extra)


def with_more_items(typed: bytes, *numbers: int) -> bytes:
    """A typed receipt with more numbers behind its logs."""
    more = b"".join(naive_rlp(number) for number in numbers)
    prefix = 1 if typed[1] <= 0xF7 else 1 + typed[1] - 0xF7
    payload = typed[1 + prefix :] + more
    length = len(payload).to_bytes((len(payload).bit_length() + 7) // 8, "big")
    return typed[:1] + bytes([0xF7 + len(length)]) + length + payload


def header_items(header: Json) -> list[Any]:
    """The header's fields, as they are encoded."""
    if header.get("sealFields"):  # AuRa: the last two are RLP already
        step, signature = header["step"], header["signature"]
        return [*_items(header, HEADER_FIELDS[:13]), int(step), bytes.fromhex(signature)]
    return _items(header, AVALANCHE_FIELDS if "extDataHash" in header else HEADER_FIELDS)


def _items(header: Json, names: tuple[str, ...]) -> list[Any]:
    return [
        int(header[name], 16) if name in _NUMBERS else _bytes(header[name])
        for name in names
        if header.get(name) is not None
    ]


def _transaction(transaction: Json) -> Any:
    """A list for one without a type, else its type and list as a string (EIP-2718)."""
    kind = int(transaction.get("type") or "0x0", 16)
    names: tuple[str, ...]
    if kind == 0:
        names = ("nonce", "gasPrice", "gas", "to", "value", "input", "v", "r", "s")
    elif kind == 1:
        names = ("chainId", "nonce", "gasPrice", "gas", "to", "value", "input", "accessList", "v", "r", "s")
    elif kind == 2:
        names = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input")
        names += ("accessList", "v", "r", "s")
    elif kind == 0x7E:
        names = ("sourceHash", "from", "to", "mint", "value", "gas", "isSystemTx", "input")
    else:
        raise AssertionError(f"no recorded block has a transaction of type {kind}")
    items = [_transaction_item(name, transaction.get(name)) for name in names]
    return bytes([kind]) + naive_rlp(items) if kind else items


def _transaction_item(name: str, value: Any) -> Any:
    if name == "accessList":
        return [[_bytes(e["address"]), [_bytes(key) for key in e["storageKeys"]]] for e in value or []]
    if name in ("to", "input", "from", "sourceHash"):
        return _bytes(value) if value else b""
    return int(value) if isinstance(value, bool) else int(value or "0x0", 16)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
