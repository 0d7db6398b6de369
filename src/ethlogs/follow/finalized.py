"""The finalized block, as a remark for the ledger: null where it cannot be had, and never in the way.

What the ledger calls finalized is never retracted. So an answer is kept only where it is a block of the
node's own chain, at or below the node's head, and of the stream's chain as far as that is remembered.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Any

from ethlogs.errors import NodeError, NodeUnavailableError, SettingsError
from ethlogs.node import Node
from ethlogs.node.endpoint import require_quantity
from ethlogs.notify import Notify

_ASKED_EVERY_SECONDS = 12.0
"""A slot of the beacon chain."""
_WAITED_SECONDS = 1.0
_REMEMBERED_BLOCKS = 1024
"""Far more than the 64 to 96 blocks that mainnet's finalized block is behind its head."""


class FinalizedBlock:
    """Asks on its own thread, at most once in a slot, and forgets what does not fit."""

    def __init__(self, node: Node, notify: Notify) -> None:
        self._node = node
        self._notify = notify
        self._height: int | None = None
        self._asked_at = float("-inf")
        self._asking: threading.Thread | None = None
        self._told = False
        self._hashes: OrderedDict[int, str] = OrderedDict()

    def remember(self, number: int, block_hash: str) -> None:
        """Take a block of the stream, by which an answer can be checked."""
        self._hashes[number] = block_hash
        while len(self._hashes) > _REMEMBERED_BLOCKS:
            self._hashes.popitem(last=False)

    def fetch(self) -> int | None:
        """The finalized height, as far as it is known; a node that does not answer is not waited for."""
        is_asking = self._asking is not None and self._asking.is_alive()
        if not is_asking and time.monotonic() - self._asked_at > _ASKED_EVERY_SECONDS:
            self._asked_at = time.monotonic()
            self._asking = threading.Thread(target=self._ask, name="finalized block", daemon=True)
            self._asking.start()
            self._asking.join(_WAITED_SECONDS)
        return self._height

    def _ask(self) -> None:
        try:
            header = self._node.call_once("eth_getBlockByNumber", "finalized", False).result
            height = self._check(header) if header is not None else None
        except (NodeError, SettingsError):
            return
        if height is not None and (self._height is None or height > self._height):
            self._height = height

    def _check(self, header: Any) -> int | None:
        number, block_hash = _read(header, self._node.name)
        head = require_quantity(
            self._node.call_once("eth_blockNumber").result, "eth_blockNumber", self._node.name
        )
        own = self._node.call_once("eth_getBlockByNumber", hex(number), False).result
        if number > head:
            self._say(number, f"above its own head {head}")
        elif own is None or _read(own, self._node.name)[1] != block_hash:
            self._say(number, "of another branch than its own chain")
        elif self._hashes.get(number, block_hash) != block_hash:
            self._say(number, "not a block of the stream")
        else:
            return number
        return None

    def _say(self, number: int, why: str) -> None:
        if not self._told:
            self._told = True
            self._notify(
                f"node {self._node.name} calls block {number} finalized, which is {why}: this is ignored"
            )


def _read(header: dict[str, Any], name: str) -> tuple[int, str]:
    block_hash = header.get("hash")
    if not isinstance(block_hash, str):
        raise NodeUnavailableError(f"node {name} gave a block without a hash")
    return require_quantity(header.get("number"), "a block", name), block_hash.lower()
