"""A block that a person names, by height, hash or tag: fetched with the same patience as a run's blocks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError, UnprovableChainError, UnprovenError
from ethlogs.node.block_name import is_hash, method_of, not_found, readable_block
from ethlogs.node.blocks import BlockSource
from ethlogs.node.client import Node
from ethlogs.node.fetched_block import FetchedBlock
from ethlogs.notify import Notify

UNKNOWN_BLOCK_SECONDS = 5.0
"""A block that the node does not have is more often a mistake than a block that is to come."""

T = TypeVar("T")


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
        height = self._wait_for(partial(self._fetch_height, block), UNKNOWN_BLOCK_SECONDS)
        if not is_hash(block) or source.fetch_hash(height) == block.lower():
            return source.fetch(height)
        # An orphaned block can be had by its hash alone.
        return self._wait_for(partial(source.fetch_once, block), self._patience_seconds)

    def fetch_transactions(self, block: str) -> list[dict[str, Any]]:
        """Fetch a block's transactions as the node gives them, unproven.

        Raises
        ------
        BlockNotFoundError
            When no node has it within some seconds.
        UnprovenError
            When the answers have another form, until the patience is over.
        NodeUnavailableError, NodeRefusedError
            As :meth:`ethlogs.node.Node.call`.
        """
        return self._wait_for(partial(self._fetch_transactions, block), UNKNOWN_BLOCK_SECONDS)

    def _fetch_transactions(self, block: str) -> list[dict[str, Any]]:
        found = self._node.call(method_of(block), block, True).result
        return read_transactions(found, block, self._node.name)

    def _fetch_height(self, block: str) -> int:
        height = self._node.fetch_height(block)
        if height is None:
            raise not_found(block, self._node.name)
        return height

    def _wait_for(self, ask: Callable[[], T], unknown_seconds: float) -> T:
        """Ask until there is an answer, each time the next URL: it may have the block, or be right."""
        backoff = Backoff()
        while True:
            asked = self._node.name
            try:
                return ask()
            except UnprovableChainError:
                raise
            except (BlockNotFoundError, UnprovenError) as exc:
                seconds = self._patience_seconds
                if isinstance(exc, BlockNotFoundError):
                    seconds = min(seconds, unknown_seconds)
                if not seconds or backoff.failing_seconds >= seconds:
                    raise
                if backoff.tries == 0:
                    self._notify(f"{exc}; asking again for up to {seconds:g} seconds")
                self._node.switch_from(asked, str(exc), is_told=True)
                backoff.wait(self._stop.pause)


def read_transactions(found: Any, block: str, node: str) -> list[dict[str, Any]]:
    """Return the transactions in a node's answer for a block.

    Raises
    ------
    BlockNotFoundError
        When the node does not have the block.
    UnprovenError
        When the answer has another form.
    """
    if found is None:
        raise not_found(block, node)
    transactions = found.get("transactions") if isinstance(found, dict) else None
    if not isinstance(transactions, list) or not all(isinstance(item, dict) for item in transactions):
        raise UnprovenError(
            f"node {node} gave no list of transactions for block {readable_block(block)}",
            hint="use another node",
        )
    return transactions
