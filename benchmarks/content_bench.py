"""What selection and decoding cost, and what a block costs that its header's bloom excludes.

    python -m benchmarks.content_bench

Over the mainnet blocks of tests/data, in µs of processor time, the best of several rounds. "cold" begins
each round with empty caches of addresses. The cost of an excluded block is that of reading and checking its
header, beside that of a block proven in full; the node's work and the bytes on the way are in neither.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.proof_bench import best, clear_caches
from ethlogs.decoding import words
from ethlogs.decoding.addresses import checksum_address
from ethlogs.decoding.builtin import BUILTIN
from ethlogs.proof import ProvenBlock, parse_header, prove_by_receipts
from ethlogs.selection import Selection
from ethlogs.settings import Abi, SelectionSettings
from ethlogs.stream.block import BlockEncoder

BLOCKS = Path(__file__).parents[1] / "tests" / "data" / "blocks"
EXAMPLES = 2_000
ERC20 = (Abi("erc20", None, BUILTIN["erc20"]),)


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
    blocks = [block for block in _recorded() if block.block.logs]
    busy = max(blocks, key=lambda block: len(block.block.logs))
    count = len(busy.block.logs)
    print(f"block {busy.block.number}: {count} event logs")
    for name, content in _contents(busy.block).items():
        encoder = BlockEncoder(1, content)
        encode = partial(encoder.encode, busy.block)
        cold, warm = best(encode, _clear), best(encode)
        produced = len(encoder.encode(busy.block).records)
        print(
            f"{name}: {produced} produced, cold {cold / count:.2f}, warm {warm / count:.2f} us an event log"
        )
    full, excluded = best(busy.read, _clear), best(busy.read_header, _clear)
    print(f"block in full {full:,.0f} us, excluded {excluded:,.0f} us: 1/{full / excluded:.1f}")
    _print_excluded(blocks)


def _contents(block: ProvenBlock) -> dict[str, SelectionSettings]:
    one = min({log.address for log in block.logs}, key=lambda a: [log.address for log in block.logs].count(a))
    everyone = tuple({log.address for log in block.logs})
    return {
        "every event log": SelectionSettings(),
        "all selected": SelectionSettings(everyone),
        "one contract": SelectionSettings((one,)),
        "none": SelectionSettings(("0x" + "12" * 20,)),
        "decoded by erc20": SelectionSettings(abis=ERC20),
        "decoded by all that are built in": SelectionSettings(
            abis=tuple(Abi(name, None, events) for name, events in BUILTIN.items())
        ),
    }


def _print_excluded(blocks: list[RecordedBlock]) -> None:
    """How many of the blocks a bloom excludes, of contracts and events that are in none of them."""
    chance = random.Random(3)  # noqa: S311
    addresses = [f"0x{chance.getrandbits(160):040x}" for _ in range(EXAMPLES)]
    events = [f"0x{chance.getrandbits(256):064x}" for _ in range(EXAMPLES)]
    pairs = zip(addresses, events, strict=True)
    kinds = (
        [SelectionSettings((address,)) for address in addresses],
        [SelectionSettings((), (event,)) for event in events],
        [SelectionSettings((address,), (event,)) for address, event in pairs],
    )
    selections = [[Selection(content) for content in kind] for kind in kinds]
    print("skipped by what is in none of them: an address, an event, an address with an event")
    for block in blocks:
        bloom = block.block.logs_bloom
        shares = [1 - sum(one.is_possible(bloom) for one in kind) / len(kind) for kind in selections]
        cells = ", ".join(f"{share:.1%}" for share in shares)
        print(f"  block {block.block.number}, bloom {bloom.bit_count() / 2048:.0%} full: {cells}")


def _recorded() -> Iterator[RecordedBlock]:
    for path in sorted(BLOCKS.glob("ethereum-*.json")):
        yield RecordedBlock(path)


def _hash_of(transaction: Any) -> Any:
    return transaction["hash"] if isinstance(transaction, dict) else transaction


def _clear() -> None:
    clear_caches()
    checksum_address.cache_clear()
    words.read_address.cache_clear()


if __name__ == "__main__":
    main()
