"""What selection and decoding cost, and what a block costs that its header's bloom excludes.

    python -m benchmarks.content_bench

Over the mainnet blocks of tests/data, in µs of processor time. All ways are measured in turn, again and
again, and each has the best of its rounds: what else the machine does meanwhile, it does to all of them.
"cold" begins each round with empty caches of addresses, as a block would in which every address is new. The
cost of an excluded block is that of reading and checking its header, beside that of a block proven in full;
the node's work and the bytes on the way are in neither.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.proof_bench import clear_caches
from benchmarks.tables import print_head, print_row
from ethlogs.decoding.addresses import checksum_address
from ethlogs.decoding.builtin import BUILTIN
from ethlogs.decoding.words import ADDRESSES
from ethlogs.proof import ProvenBlock, parse_header, prove_by_receipts
from ethlogs.selection import Selection
from ethlogs.settings import Abi, SelectionSettings
from ethlogs.stream.block import BlockEncoder

BLOCKS = Path(__file__).parents[1] / "tests" / "data" / "blocks"
EXAMPLES = 2_000
ROUNDS = 100
ERC20 = (Abi("erc20", None, BUILTIN["erc20"]),)
ALL = tuple(Abi(name, None, events) for name, events in BUILTIN.items())
PLAIN, DECODED = "every event log, not decoded", "every event log, decoded by erc20"
MOST_DECODING_US, LEAST_EXCLUDED = 4.0, 8.0
"""The aims: so much more an event log at most; an excluded block is so many times as cheap at least."""


class RecordedBlock:
    """A block of mainnet as a node sends it, and proven."""

    def __init__(self, path: Path) -> None:
        recorded = json.loads(path.read_text())
        header = recorded["block"]
        header["transactions"] = [_hash_of(transaction) for transaction in header["transactions"]]
        self.header = msgspec.json.encode(header)
        self.receipts = msgspec.json.encode(recorded["receipts"])
        self.block: ProvenBlock = prove_by_receipts(header, recorded["receipts"])

    def read_header(self) -> object:
        """All that an excluded block needs."""
        return parse_header(msgspec.json.decode(self.header))

    def read(self) -> object:
        """A whole block."""
        return prove_by_receipts(self.read_header(), msgspec.json.decode(self.receipts))  # type: ignore[arg-type]


def main() -> None:
    blocks = [block for block in load_recorded() if block.block.logs]
    busy = max(blocks, key=lambda block: len(block.block.logs))
    print_encoding(busy.block)
    print_excluded(busy)
    print_skipped(blocks)


def print_encoding(block: ProvenBlock) -> None:
    """What is made of a proven block: records of the event logs that are selected."""
    contents = build_contents(block)
    encoders = {name: BlockEncoder(1, content) for name, content in contents.items()}
    ways = {name: partial(encoder.encode, block) for name, encoder in encoders.items()}
    count = len(block.logs)
    cold, warm = measure_in_turn(ways, count, clear), measure_in_turn(ways, count)
    print_head(f"block {block.number}, {count} event logs: µs an event log", "records", "cold caches", "warm")
    for name, encoder in encoders.items():
        records = len(encoder.encode(block).records)
        print_row(name, str(records), f"{cold[name]:.2f}", f"{warm[name]:.2f}")
    more = [found[DECODED] - found[PLAIN] for found in (cold, warm)]
    print_row("erc20 decoding more than none", "", *(f"{value:.2f}" for value in more))
    print(f"\nAim: decoding by erc20 costs at most {MOST_DECODING_US:g} µs more an event log.")


def print_excluded(block: RecordedBlock) -> None:
    """What a block costs that is proven in full, and one of which the header is enough."""
    ways: dict[str, Callable[[], object]] = {"full": block.read, "excluded": block.read_header}
    cost = measure_in_turn(ways, 1, clear)
    print_head(f"block {block.block.number}, µs", "in full", "excluded", "so many times as cheap")
    times = cost["full"] / cost["excluded"]
    print_row("JSON and proof", f"{cost['full']:,.0f}", f"{cost['excluded']:,.0f}", f"{times:.0f}")
    print(f"\nAim: an excluded block costs at most 1/{LEAST_EXCLUDED:g} of one in full.")


def print_skipped(blocks: list[RecordedBlock]) -> None:
    """How many of the selections of what is in none of the blocks a bloom excludes."""
    kinds = build_absent()
    print_head("block of mainnet: share skipped by its bloom", "bloom full", *kinds)
    for block in blocks:
        bloom = block.block.logs_bloom
        shares = [1 - sum(one.is_possible(bloom) for one in kind) / len(kind) for kind in kinds.values()]
        print_row(
            str(block.block.number),
            f"{bloom.bit_count() / 2048:.0%}",
            *(f"{share:.1%}" for share in shares),
        )
    print(f"\nOf {EXAMPLES:,} random addresses and events each, which no block has.")


def build_contents(block: ProvenBlock) -> dict[str, SelectionSettings]:
    """All event logs of the block, a hundredth of them, and none; and each decoding."""
    logs = [log.address for log in block.logs]
    hundredth = min(set(logs), key=lambda address: (abs(logs.count(address) - len(logs) / 100), address))
    share = logs.count(hundredth) / len(logs)
    return {
        PLAIN: SelectionSettings(),
        "every contract selected, not decoded": SelectionSettings(tuple(set(logs))),
        f"one contract selected, {share:.0%} of the event logs": SelectionSettings((hundredth,)),
        "none selected": SelectionSettings(("0x" + "12" * 20,)),
        DECODED: SelectionSettings(abis=ERC20),
        "every event log, decoded by all built-in ABIs": SelectionSettings(abis=ALL),
    }


def build_absent() -> Mapping[str, list[Selection]]:
    """Selections of what is on no chain."""
    chance = random.Random(3)  # noqa: S311
    addresses = [f"0x{chance.getrandbits(160):040x}" for _ in range(EXAMPLES)]
    events = [f"0x{chance.getrandbits(256):064x}" for _ in range(EXAMPLES)]
    pairs = zip(addresses, events, strict=True)
    return {
        "an address": [Selection(SelectionSettings((address,))) for address in addresses],
        "an event": [Selection(SelectionSettings((), (event,))) for event in events],
        "an address with an event": [Selection(SelectionSettings((a,), (e,))) for a, e in pairs],
    }


def measure_in_turn(
    ways: Mapping[str, Callable[[], object]], count: int, prepare: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Microseconds of the best round of each way, for one of ``count`` things."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, work in ways.items():
            prepare()
            began = time.process_time_ns()
            work()
            best[name] = min(best[name], time.process_time_ns() - began)
    return {name: value / 1_000 / count for name, value in best.items()}


def load_recorded() -> Iterator[RecordedBlock]:
    """The blocks of mainnet among the recorded ones."""
    for path in sorted(BLOCKS.glob("ethereum-*.json")):
        yield RecordedBlock(path)


def clear() -> None:
    """Forget every address and topic."""
    clear_caches()
    checksum_address.cache_clear()
    ADDRESSES.clear()


def _hash_of(transaction: Any) -> Any:
    return transaction["hash"] if isinstance(transaction, dict) else transaction


if __name__ == "__main__":
    main()
