"""The node: its chain, its head, whether its blocks can be proven, and how far back it has them."""

from __future__ import annotations

import time

from ethlogs.cancellation import StopSwitch
from ethlogs.doctor.checkup import Checkup
from ethlogs.errors import BlockNotFoundError, NodeRefusedError, UnprovenError
from ethlogs.node import BlockSource, Node
from ethlogs.settings import NodeSettings, ProofSettings

_OLD_HEAD_SECONDS = 600


def examine_node(checkup: Checkup, settings: NodeSettings, proof: ProofSettings) -> None:
    """Look at every URL's chain, then at the blocks of the one that a run would ask."""
    notices: list[str] = []
    node = Node(settings, StopSwitch(), notices.append)
    source = BlockSource(node, proof, settings.patience_seconds, StopSwitch(), notices.append)
    try:
        checkup.look("node", lambda: _see_chain(node, notices))
        checkup.look("head", lambda: _see_head(node, source), needs="node")
        checkup.look("proof", lambda: _see_proof(source), needs="node")
        checkup.look("history", lambda: _see_history(node, source), needs="proof")
    finally:
        node.close()


def _see_chain(node: Node, notices: list[str]) -> str:
    chain = node.connect()
    others = "".join(f"; {notice}" for notice in notices)
    return f"{node.name} has chain id {chain.chain_id}, genesis {chain.genesis_hash}{others}"


def _see_head(node: Node, source: BlockSource) -> str:
    block = source.fetch_once("latest").block
    age = max(0, int(time.time()) - block.timestamp)
    late = ": is it in sync?" if age > _OLD_HEAD_SECONDS else ""
    return f"block {block.number}, {age} seconds old{late}"


def _see_proof(source: BlockSource) -> str:
    fetched = source.fetch_once("latest")
    block = fetched.block
    logs = f"{len(block.logs)} event log{'' if len(block.logs) == 1 else 's'}"
    remarks = "".join(f"; {remark}" for remark in block.remarks)
    source_bytes = f"from {fetched.size_bytes:,} bytes"
    return f"block {block.number} with {logs} is proven by {block.proof}, {source_bytes}{remarks}"


def _see_history(node: Node, source: BlockSource) -> str:
    """The lowest block that can be had, by halving: a node that has pruned has nothing below a height."""
    if _has(source, 1):
        return "back to block 1"
    missing, lowest = 1, node.fetch_quantity("eth_blockNumber")
    while lowest - missing > 1:
        middle = (lowest + missing) // 2
        if _has(source, middle):
            lowest = middle
        else:
            missing = middle
    return f"back to block {lowest}; a --start below it needs another node"


def _has(source: BlockSource, height: int) -> bool:
    try:
        source.fetch_once(hex(height))
    except (BlockNotFoundError, NodeRefusedError, UnprovenError):
        return False
    return True
