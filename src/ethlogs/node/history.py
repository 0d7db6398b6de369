"""The oldest receipts of each URL: many nodes drop old ones (EIP-4444), and say so in their own ways."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ethlogs.errors import BlockNotFoundError, MissingMethodError, NodeError, NodeRefusedError, SettingsError
from ethlogs.node.client import Node
from ethlogs.node.endpoint import require_quantity

_NEIGHBOURS = 16
"""Blocks without transactions have no receipts to lack: so many above one are looked at in its place."""

_HINT = (
    "give a further --node-url of a node that keeps all receipts (some clients drop old ones by default:"
    " Nethermind since 1.32, Besu; geth does with --history.chain), or leave these blocks out: --start"
    " {lowest} of produce, --from {lowest} of backfill and verify"
)


class History:
    """The lowest block with receipts of each URL, found the first time that one lacks an old block's.

    So a stream that only follows the head pays nothing for it.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lowest: dict[str, int] = {}

    def turn_to_holder(self, height: int) -> None:
        """Leave the current URL where it lacks this height's receipts and another one may have them."""
        for _ in self._node.names:
            name = self._node.name
            if not self._lacks(name, height) or self._all_lack(height):
                return
            self._node.switch_from(name, f"{name} has receipts from block {self._lowest[name]} on")

    def explain_missing(self, height: int) -> BlockNotFoundError | None:
        """Return why an old block's receipts cannot be had; ``None`` where a URL may have them.

        Finds out how far back each URL goes, unless that is known.
        """
        for name in self._node.names:
            if name not in self._lowest:
                self._look(name)
        if not self._all_lack(height):
            return None
        known = dict(self._lowest)
        # They may be filled, or replaced: whoever asks again later looks again.
        self._lowest.clear()
        lowest = min(known.values())
        last = lowest - 1
        missing = f"block {height}" if last == height else f"blocks {height} to {last}"
        which = "; ".join(f"{name} has them from block {first} on" for name, first in known.items())
        return BlockNotFoundError(
            f"no node URL has the receipts of {missing}: {which}", hint=_HINT.format(lowest=lowest)
        )

    def _look(self, name: str) -> None:
        """A URL that does not answer now stays one that may have every block."""
        with contextlib.suppress(NodeError, SettingsError):
            self._lowest[name] = lowest_of(self._node, name)

    def _all_lack(self, height: int) -> bool:
        return all(self._lacks(name, height) for name in self._node.names)

    def _lacks(self, name: str, height: int) -> bool:
        # The genesis block has no receipts.
        return max(height, 1) < self._lowest.get(name, 0)


def lowest_of(node: Node, name: str) -> int:
    """The lowest block with receipts of one of the node's URLs.

    Raises
    ------
    NodeError
        When the URL does not answer.
    """
    with contextlib.closing(node.only(name)) as alone:
        head = require_quantity(alone.call_once("eth_blockNumber").result, "eth_blockNumber", name)
        return find_lowest(lambda block: has_receipts(alone, block), head)


def find_lowest(has: Callable[[int], bool | None], head: int) -> int:
    """Return the lowest block with receipts by halving: 1 where all of them are there.

    ``has`` says of a block whether its receipts are there, and ``None`` where it has no transactions.
    A whole stretch without any says nothing: as a chain begins with such ones, the search continues above
    it, unless receipts are already known to be missing below.
    """
    is_lacking = False

    def is_there(height: int) -> bool:
        nonlocal is_lacking
        looked = (has(near) for near in range(height, min(height + _NEIGHBOURS, head) + 1))
        found = next((found for found in looked if found is not None), None)
        is_lacking = is_lacking or found is False
        return is_lacking if found is None else found

    missing, lowest = 0, head + 1
    if is_there(1):
        return 1
    while lowest - missing > 1:
        middle = (lowest + missing) // 2
        if is_there(middle):
            lowest = middle
        else:
            missing = middle
    return lowest if is_lacking else 1


def has_receipts(node: Node, height: int) -> bool | None:
    """Return whether the node has a block's receipts; ``None`` for a block without transactions.

    Raises
    ------
    NodeUnavailableError
        When the node did not answer: nothing is known.
    """
    try:
        header = node.call_once("eth_getBlockByNumber", hex(height), False).result
        if not isinstance(header, dict):
            return False
        transactions = header.get("transactions")
        if not transactions:
            return None
        return bool(_ask_for_receipts(node, height, transactions[0]))
    except (BlockNotFoundError, NodeRefusedError):
        return False


def _ask_for_receipts(node: Node, height: int, transaction: str) -> object:
    try:
        return node.call_once("eth_getBlockReceipts", hex(height)).result
    except MissingMethodError:
        return node.call_once("eth_getTransactionReceipt", transaction).result
