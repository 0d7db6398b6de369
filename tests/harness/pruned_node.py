"""A real geth that has dropped the bodies and receipts of old blocks, as geth prune-history leaves it.

That command wants 90,000 blocks above the pruned ones. What it does is one number in geth's ancient store:
how many of the first blocks are hidden.
"""

from __future__ import annotations

from pathlib import Path

from ethlogs_devnet import GethNode
from ethlogs_devnet.geth.transactions import encode_rlp
from tests.harness.running import wait_until

_META_VERSION = 2
_META_BYTES = 32


def prune_history(node: GethNode, lowest: int, final: int) -> None:
    """Drop the bodies and receipts below block ``lowest`` of a running node. Up to ``final`` all is final.

    Only final blocks are in the ancient store, and geth moves them there when it starts.
    """
    node.set_finalized(final)
    node.stop()
    node.start()
    wait_until(lambda: int(node.rpc("debug_dbAncients")) > lowest, "old blocks are in the ancient store")
    node.stop()
    _hide_below(node.data_dir / "geth" / "chaindata" / "ancient" / "chain", lowest)
    node.start()


def _hide_below(store: Path, lowest: int) -> None:
    """Write the metadata of one table; geth applies the highest such number to bodies and receipts alike."""
    index_bytes = (store / "bodies.cidx").stat().st_size
    meta = encode_rlp([_META_VERSION, lowest, index_bytes])
    (store / "bodies.meta").write_bytes(meta.ljust(_META_BYTES, b"\0"))
