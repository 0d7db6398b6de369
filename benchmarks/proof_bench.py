"""What a proof costs, for each keccak backend.

    python -m benchmarks.proof_bench [BLOCK.json]

Without an argument the block is made: 180 receipts and 370 event logs that resemble mainnet's. BLOCK.json
holds ``block`` (eth_getBlockByHash) and ``receipts`` (eth_getBlockReceipts). "cold" begins with empty
caches of addresses and topics, "warm" with those of the same block. Printed are
microseconds of processor time in the best of several rounds; the large block, of 100,000 event logs, is
proven once.
"""

from __future__ import annotations

import argparse
import copy
import gc
import importlib
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ethlogs.event_log import encode_event_logs
from ethlogs.proof import (
    header_hash,
    keccak256,
    parse_block,
    parse_header,
    prove_by_block,
    prove_by_receipts,
    raw_block,
    trie,
    words,
)
from ethlogs.proof.header_layouts import ETHEREUM
from ethlogs.proof.receipts import ReceiptReader
from ethlogs.proof.rlp import encode_bytes, encode_list

Json = dict[str, Any]

BACKENDS = ("pysha3", "pycryptodome")
ROUNDS = 15
RECEIPTS, LOGS = 180, 370
LARGE_LOGS = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("block", nargs="?", type=Path, help="a recorded block instead of a made one")
    path = parser.parse_args().block
    header, receipts = read_block(path) if path else make_block(RECEIPTS, LOGS)
    logs = [log for receipt in receipts for log in receipt["logs"]]
    print(f"block {int(header['number'], 16)}: {len(receipts)} receipts, {len(logs)} event logs")
    for backend in BACKENDS:
        try:
            keccak = importlib.import_module(f"eth_hash.backends.{backend}").keccak256
        except ImportError:
            print(f"{backend}: not installed")
            continue
        with using(keccak):
            print(f"{backend}: keccak of 32 bytes {best(hash_often) / 1_000:.2f} us")
            print_block(backend, header, receipts, len(logs))
    print_caches()
    print_large_block()


def print_block(backend: str, header: Json, receipts: list[Json], logs: int) -> None:
    count = max(1, logs)
    parsed = parse_header(header)
    proven = prove_by_receipts(parsed, receipts)
    block_bytes, receipts_bytes = to_bytes(header, receipts)
    parsed_block = parse_block(block_bytes)
    steps: dict[str, Callable[[], object]] = {
        "header": lambda: parse_header(header),
        "receipts": lambda: prove_by_receipts(parsed, receipts),
        "block's bytes: header and transactions": lambda: parse_block(block_bytes),
        "block's bytes: receipts": lambda: prove_by_block(parsed_block, receipts_bytes),
        "encoding the records": lambda: encode_event_logs(1, proven),
    }
    for name, prove in steps.items():
        cold, warm = best(prove, clear_caches), best(prove)
        print(f"{backend}: {name}: cold {cold / count:.1f}, warm {warm / count:.1f} us an event log")


def print_caches() -> None:
    """What the caches hold when they are full, which they are after some minutes of mainnet."""
    chance = random.Random(1)  # noqa: S311
    clear_caches()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(20_000):
        words.parse_address("0x" + chance.randbytes(20).hex())
        words.parse_topic("0x" + chance.randbytes(32).hex())
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    clear_caches()
    print(f"caches of addresses and topics when full: {used / 1e6:.1f} MB")


def print_large_block() -> None:
    header, receipts = make_block(1_000, LARGE_LOGS)
    clear_caches()
    gc.collect()
    started = time.process_time()
    prove_by_receipts(header, receipts)
    seconds = time.process_time() - started
    gc.collect()
    tracemalloc.start()
    prove_by_receipts(header, receipts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"large block, {LARGE_LOGS} event logs: receipts: {seconds:.2f} s, "
        f"{seconds / LARGE_LOGS * 1e6:.1f} us an event log, {peak / 1e6:.0f} MB beside the node's answer"
    )


def best(call: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> float:
    """Microseconds of the fastest round."""
    seconds = []
    for _ in range(ROUNDS):
        prepare()
        started = time.process_time()
        call()
        seconds.append(time.process_time() - started)
    return min(seconds) * 1e6


def hash_often() -> None:
    word, keccak = bytes(32), words.__dict__["keccak256"]
    for _ in range(1_000):
        keccak(word)


def clear_caches() -> None:
    words.parse_address.cache_clear()
    words.parse_topic.cache_clear()


@contextmanager
def using(keccak: Callable[[bytes], bytes]) -> Iterator[None]:
    """Let every module that hashes use this function."""
    modules: tuple[Any, ...] = (words, trie, header_hash, raw_block)
    for module in modules:
        module.keccak256 = keccak
    try:
        yield
    finally:
        for module in modules:
            module.keccak256 = keccak256


def read_block(path: Path) -> tuple[Json, list[Json]]:
    recorded = json.loads(path.read_text())
    return recorded["block"], recorded["receipts"]


def make_block(receipt_count: int, log_count: int) -> tuple[Json, list[Json]]:
    """Mostly transfers between accounts, of a few popular contracts and many others."""
    chance = random.Random(20_000_000)  # noqa: S311
    hashes = [hex_of(chance, 32) for _ in range(receipt_count)]
    receipts = [make_receipt(index, tx_hash) for index, tx_hash in enumerate(hashes)]
    contracts = [hex_of(chance, 20) for _ in range(120)]
    accounts = ["0x" + "00" * 12 + chance.randbytes(20).hex() for _ in range(400)]
    events = [hex_of(chance, 32) for _ in range(30)]
    owners = sorted(int(receipt_count * chance.random() ** 1.5) for _ in range(log_count))
    for log_index, owner in enumerate(owners):
        topic_count = chance.choice((1, 2, 3, 3, 3, 3, 4))
        receipts[owner]["logs"].append(
            {
                "address": contracts[int(120 * chance.random() ** 2)],
                "topics": [
                    events[int(30 * chance.random() ** 3)],
                    *chance.choices(accounts, k=topic_count - 1),
                ],
                "data": hex_of(chance, chance.choice((0, 32, 32, 32, 32, 64, 160, 320))),
                "logIndex": hex(log_index),
                "removed": False,
                **place_of(owner, hashes[owner]),
            }
        )
    return commit(hashes, receipts), receipts


def make_receipt(index: int, tx_hash: str) -> Json:
    return {
        "type": hex((0, 2, 2, 2, 3)[index % 5]),
        "status": "0x1",
        "cumulativeGasUsed": hex(21_000 * (index + 1)),
        "logs": [],
        **place_of(index, tx_hash),
    }


def place_of(index: int, tx_hash: str) -> Json:
    return {
        "blockNumber": hex(20_000_000),
        "transactionHash": tx_hash,
        "transactionIndex": hex(index),
    }


def commit(hashes: list[str], receipts: list[Json]) -> Json:
    """A header whose root, bloom and hash are those of the receipts, which it makes name its hash."""
    header: Json = {
        **dict.fromkeys(("hash", "parentHash", "sha3Uncles", "stateRoot", "mixHash"), "0x" + "11" * 32),
        **dict.fromkeys(("transactionsRoot", "receiptsRoot"), "0x" + "00" * 32),
        **dict.fromkeys(("difficulty", "gasLimit", "gasUsed"), "0x0"),
        "logsBloom": "0x" + "00" * 256,
        "miner": "0x" + "11" * 20,
        "number": hex(20_000_000),
        "timestamp": "0x68e00000",
        "extraData": "0x",
        "nonce": "0x" + "00" * 8,
        "transactions": hashes,
    }
    reader = ReceiptReader(parse_header(seal(header)))
    encoded = [reader.read(index, receipt) for index, receipt in enumerate(receipts)]
    header["receiptsRoot"] = "0x" + trie.trie_root(encoded).hex()
    header["logsBloom"] = "0x" + reader.bloom.to_bytes(256, "big").hex()
    seal(header)
    for item in (item for receipt in receipts for item in (receipt, *receipt["logs"])):
        item["blockHash"] = header["hash"]
    return header


def seal(header: Json) -> Json:
    header["hash"] = "0x" + keccak256(encode_list(ETHEREUM.encode_all(header))).hex()
    return header


def to_bytes(header: Json, receipts: list[Json]) -> tuple[str, list[str]]:
    """The results of debug_getRawBlock and debug_getRawReceipts, for transactions that are made."""
    chance = random.Random(2)  # noqa: S311
    header, receipts = dict(header), copy.deepcopy(receipts)
    transactions = [b"\x02" + encode_list([encode_bytes(chance.randbytes(170))]) for _ in receipts]
    header["transactionsRoot"] = "0x" + trie.trie_root(transactions).hex()
    fields = encode_list(ETHEREUM.encode_all(header))
    block = encode_list([fields, encode_list(map(encode_bytes, transactions)), encode_list([])])
    reader = ReceiptReader(parse_header(seal(header)))
    for item in (item for receipt in receipts for item in (receipt, *receipt["logs"])):
        item.pop("blockHash", None)
    encoded = [reader.read(index, receipt) for index, receipt in enumerate(receipts)]
    return "0x" + block.hex(), ["0x" + receipt.hex() for receipt in encoded]


def hex_of(chance: random.Random, length: int) -> str:
    return "0x" + chance.randbytes(length).hex()


if __name__ == "__main__":
    main()
