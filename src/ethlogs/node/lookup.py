"""A block that a person names, by height, hash or tag: fetched with the same patience as a run's blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError
from ethlogs.node.blocks import BlockSource
from ethlogs.node.client import Node
from ethlogs.node.endpoint import require_quantity
from ethlogs.node.fetched_block import FetchedBlock, readable_block
from ethlogs.node.rpc import Answer
from ethlogs.notify import Notify

UNKNOWN_BLOCK_SECONDS = 5.0
"""A block that the node does not have is more often a mistake than a block that is to come."""

_HASH_CHARACTERS = 66

T = TypeVar("T")


def is_hash(block: str) -> bool:
    """Return whether a block is named by its hash, not by a height in hex or a tag."""
    return len(block) == _HASH_CHARACTERS


class BlockLookup:
    """Finds blocks by name on a node; what is missing of a block that is there is waited for."""

    def __init__(self, node: Node, patience_seconds: float, stop: StopSwitch, notify: Notify) -> None:
        self._node = node
        self._patience_seconds = patience_seconds
        self._stop = stop
        self._notify = notify

    def fetch(self, source: BlockSource, block: str) -> FetchedBlock:
        """Fetch and prove a block by its hash, height (as hex) or tag.

        Raises
        ------
        BlockNotFoundError
            When the node does not have it within some seconds, or not its receipts within the patience.
        UnprovenError, NodeUnavailableError, NodeRefusedError
            As :meth:`ethlogs.node.BlockSource.fetch`.
        """
        height = self._fetch_height(block)
        if not is_hash(block) or source.fetch_hash(height) == block.lower():
            return source.fetch(height)
        # An orphaned block can be had by its hash alone.
        return self._wait_for(lambda: source.fetch_once(block), self._patience_seconds)

    def fetch_block(self, block: str, *, with_transactions: bool) -> Answer:
        """Fetch what the node says of a block, unproven.

        Raises
        ------
        BlockNotFoundError
            When the node does not have it within some seconds.
        NodeUnavailableError, NodeRefusedError
            As :meth:`ethlogs.node.Node.call`.
        """
        method = "eth_getBlockByHash" if is_hash(block) else "eth_getBlockByNumber"

        def ask() -> Answer:
            answer = self._node.call(method, block, with_transactions)
            if answer.result is None:
                raise BlockNotFoundError(
                    f"node {self._node.name} does not have block {readable_block(block)}",
                    hint="is the block right, and is the node in sync with its chain?",
                )
            return answer

        return self._wait_for(ask, min(UNKNOWN_BLOCK_SECONDS, self._patience_seconds))

    def _fetch_height(self, block: str) -> int:
        header = self.fetch_block(block, with_transactions=False).result
        return require_quantity(header.get("number"), f"block {readable_block(block)}", self._node.name)

    def _wait_for(self, ask: Callable[[], T], seconds: float) -> T:
        backoff = Backoff()
        while True:
            try:
                return ask()
            except BlockNotFoundError as exc:
                if not seconds or backoff.failing_seconds >= seconds:
                    raise
                if backoff.tries == 0:
                    self._notify(f"{exc}; asking again for up to {seconds:g} seconds")
                backoff.wait(self._stop.pause)
