"""Remarks on proven blocks, said once each: they are true of block after block."""

from __future__ import annotations

from ethlogs.errors import BlockNotFoundError, NodeError
from ethlogs.notify import Notify
from ethlogs.proof import ProvenBlock

_MOST = 50
"""A node that makes up remarks must not fill the notices."""


class Remarks:
    """Notifies the user of what blocks' proofs remark. Safe to use from several threads."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._told: set[str] = set()

    def tell(self, block: ProvenBlock) -> None:
        """Tell of a block what was not told before."""
        for remark in block.remarks:
            if remark not in self._told and len(self._told) < _MOST:
                self._told.add(remark)
                self._notify(f"block {block.number}, and maybe others: {remark}")

    def tell_weaker(self, url: str, block: ProvenBlock, why: NodeError) -> None:
        """Tell once for each URL why its blocks are not proven as a whole, and from which block on."""
        if url not in self._told and not isinstance(why, BlockNotFoundError):
            self._told.add(url)
            self._notify(
                f"block {block.number} is proven by {block.proof}, which leaves transaction hashes to the"
                f" node's word: {why}"
            )
