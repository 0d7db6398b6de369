"""Blocks for the tests of the proof: five real ones, and made ones by an independent encoder."""

from __future__ import annotations

import copy
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

MAINNET_BLOCKS = (468179, 4404763, 11098450, 15753009, 16899757)
RECORDED = Path(__file__).resolve().parents[1] / "data" / "blocks"

Json = dict[str, Any]

HEADER_FIELDS = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot"),
    *("requestsHash", "blockAccessListHash", "slotNumber"),
)

DATA_LENGTHS = (0, 1, 2, 31, 32, 33, 55, 56, 64, 255, 256, 257, 5000, 70_000)
OUTCOMES = ("root", "0x0", "0x1")
TYPES = (None, 0, 1, 2, 3, 4, 0x7F)


def load_recorded(name: str) -> tuple[Json, list[Json] | None]:
    """A recorded block and its receipts (``None``: only its header is known), to be changed freely."""
    recorded = json.loads((RECORDED / f"{name}.json").read_text())
    return recorded["block"], recorded["receipts"]


def load_mainnet_block(number: int) -> tuple[Json, list[Json]]:
    """The header with transaction hashes, and the receipts, to be changed freely."""
    header, receipts = load_recorded(f"ethereum-{number}")
    assert receipts is not None
    header["transactions"] = [transaction["hash"] for transaction in header["transactions"]]
    return header, receipts


def logs_of(receipts: list[Json]) -> list[Json]:
    """What eth_getLogs gives for the receipts' block."""
    return [copy.deepcopy(log) for receipt in receipts for log in receipt["logs"]]


def make_block(count: int, seed: int = 1) -> tuple[Json, list[Json]]:
    """A block of receipts of every type and outcome, with logs of every number of topics."""
    header, receipts = json.loads(_make_block_text(count, seed))
    return header, receipts


@cache
def _make_block_text(count: int, seed: int) -> str:
    chance = random.Random(seed)  # noqa: S311
    hashes = [_hex(chance, 32) for _ in range(count)]
    number = hex(20_000_000 + seed)
    receipts = [_make_receipt(chance, i, hashes[i], number) for i in range(count)]
    header = _make_header(chance, number, hashes, receipts)
    return json.dumps((header, receipts))


def seal(header: Json, receipts: list[Json]) -> None:
    """Make the header commit to the receipts, and the receipts and logs name the block that it makes."""
    bloom = 0
    for receipt in receipts:
        bloom |= naive_bloom(receipt["logs"])
    header["logsBloom"] = "0x" + bloom.to_bytes(256, "big").hex()
    header["receiptsRoot"] = "0x" + naive_root([naive_receipt(r) for r in receipts]).hex()
    header["hash"] = naive_header_hash(header)
    log_index = 0
    for receipt in receipts:
        receipt["blockHash"] = header["hash"]
        for log in receipt["logs"]:
            log |= {"blockHash": header["hash"], "logIndex": hex(log_index)}
            log_index += 1


def naive_rlp(item: Any) -> bytes:
    if isinstance(item, int):
        return naive_rlp(item.to_bytes((item.bit_length() + 7) // 8, "big"))
    if isinstance(item, bytes):
        return item if len(item) == 1 and item < b"\x80" else _naive_length(len(item), 0x80) + item
    payload = b"".join(map(naive_rlp, item))
    return _naive_length(len(payload), 0xC0) + payload


def naive_root(receipts: list[bytes]) -> bytes:
    """The Merkle Patricia trie as the Yellow Paper defines it, without any knowledge of its keys."""
    pairs = {_nibbles(naive_rlp(index)): receipt for index, receipt in enumerate(receipts)}
    return keccak(naive_rlp(_naive_node(pairs)))


def naive_receipt(receipt: Json) -> bytes:
    logs = [
        [_bytes(log["address"]), [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    outcome = _bytes(receipt["root"]) if "root" in receipt else int(receipt["status"], 16)
    bloom = naive_bloom(receipt["logs"]).to_bytes(256, "big")
    payload = naive_rlp([outcome, int(receipt["cumulativeGasUsed"], 16), bloom, logs])
    kind = int(receipt.get("type", "0x0"), 16)
    return bytes([kind]) + payload if kind else payload


def naive_bloom(logs: list[Json]) -> int:
    bloom = 0
    for log in logs:
        for word in (log["address"], *log["topics"]):
            digest = keccak(_bytes(word))
            for i in (0, 2, 4):
                bloom |= 1 << (int.from_bytes(digest[i : i + 2], "big") % 2048)
    return bloom


def naive_header_hash(header: Json) -> str:
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed"}
    numbers |= {"excessBlobGas", "slotNumber"}
    items = [
        int(header[name], 16) if name in numbers else _bytes(header[name])
        for name in HEADER_FIELDS
        if name in header
    ]
    return "0x" + keccak(naive_rlp(items)).hex()


def _make_receipt(chance: random.Random, index: int, tx_hash: str, number: str) -> Json:
    place = {"transactionHash": tx_hash, "transactionIndex": hex(index), "blockNumber": number}
    count = chance.choice((0, 1, 1, 2, 3))
    receipt: Json = {
        **place,
        "cumulativeGasUsed": hex(chance.choice((0, 1, 127, 128, 21_000, 30_000_000)) + index),
        "gasUsed": "0x5208",
        "logs": [_make_log(chance, place) for _ in range(count)],
    }
    kind = TYPES[index % len(TYPES)]
    if kind is not None:
        receipt["type"] = hex(kind)
    outcome = OUTCOMES[index % len(OUTCOMES)]
    receipt |= {"root": _hex(chance, 32)} if outcome == "root" else {"status": outcome}
    receipt["logsBloom"] = "0x" + naive_bloom(receipt["logs"]).to_bytes(256, "big").hex()
    return receipt


def _make_log(chance: random.Random, place: Json) -> Json:
    length = chance.choice(DATA_LENGTHS[:-2] if chance.random() < 0.98 else DATA_LENGTHS)
    return {
        **place,
        "address": _hex(chance, 20),
        "topics": [_hex(chance, 32) for _ in range(chance.randrange(5))],
        "data": _hex(chance, length),
        "removed": False,
    }


def _make_header(chance: random.Random, number: str, hashes: list[str], receipts: list[Json]) -> Json:
    names = "parentHash sha3Uncles stateRoot transactionsRoot mixHash withdrawalsRoot parentBeaconBlockRoot"
    header: Json = {name: _hex(chance, 32) for name in [*names.split(), "requestsHash"]}
    header |= {
        "miner": _hex(chance, 20),
        "nonce": "0x0000000000000000",
        "extraData": _hex(chance, 12),
        "number": number,
        "difficulty": "0x0",
        "gasLimit": "0x2255100",
        "gasUsed": "0x1448da3",
        "timestamp": "0x68e00000",
        "baseFeePerGas": "0x567218fac",
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x20000",
        "size": "0x28e",
        "uncles": [],
        "withdrawals": [],
        "transactions": hashes,
    }
    seal(header, receipts)
    return header


def _naive_node(pairs: dict[tuple[int, ...], bytes]) -> Any:
    if not pairs:
        return b""
    if len(pairs) == 1:
        [(path, value)] = pairs.items()
        return [_naive_path(path, 2), value]
    keys = list(pairs)
    shared = next(i for i in range(99) if len({key[: i + 1] for key in keys}) > 1 or len(keys[0]) == i)
    if shared:
        rest = {key[shared:]: value for key, value in pairs.items()}
        return [_naive_path(keys[0][:shared], 0), _naive_reference(rest)]
    children = [
        _naive_reference({key[1:]: value for key, value in pairs.items() if key[:1] == (nibble,)})
        for nibble in range(16)
    ]
    return [*children, pairs.get((), b"")]


def _naive_reference(pairs: dict[tuple[int, ...], bytes]) -> Any:
    node = _naive_node(pairs)
    encoded = naive_rlp(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _naive_path(path: tuple[int, ...], kind: int) -> bytes:
    nibbles = (kind + 1, *path) if len(path) % 2 else (kind, 0, *path)
    return bytes(high * 16 + low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))


def _naive_length(length: int, base: int) -> bytes:
    if length <= 55:
        return bytes([base + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size


def _nibbles(key: bytes) -> tuple[int, ...]:
    return tuple(int(digit, 16) for digit in key.hex())


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _hex(chance: random.Random, length: int) -> str:
    return "0x" + chance.randbytes(length).hex()
