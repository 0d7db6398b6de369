"""The Ethereum node: JSON-RPC over HTTP or a local socket, fail-over, and proven blocks."""

from ethlogs.node.block_name import is_hash, readable_block
from ethlogs.node.blocks import BlockSource
from ethlogs.node.client import Node
from ethlogs.node.endpoint import NodeIdentity
from ethlogs.node.lookup import BlockLookup
from ethlogs.node.transport import check_url

__all__ = [
    "BlockLookup",
    "BlockSource",
    "Node",
    "NodeIdentity",
    "check_url",
    "is_hash",
    "readable_block",
]
