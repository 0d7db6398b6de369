"""Fetching blocks that are proven: asked for by height, and again when the answer is early or wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError, UnprovenError
from ethlogs.node.client import Node, Notify
from ethlogs.proof import ProvenBlock, prove_by_receipts
from ethlogs.settings import ProofSettings

WRONG_ANSWERS = 5
"""So many answers of one node that do not agree with the header are no passing trouble."""

RECENT_BLOCKS = 128
OLD_BLOCK_SECONDS = 5.0
"""A block so far below the head is not early: what a node does not have of it, it has pruned."""


_REMARKS = 50
"""A node that makes up remarks must not fill the notices."""


class FetchedBlock(NamedTuple):
    """A proven block and how many bytes the node sent for it."""

    block: ProvenBlock
    size_bytes: int


class BlockSource:
    """Proven blocks from a node; safe to use from several threads."""

    def __init__(
        self, node: Node, proof: ProofSettings, patience_seconds: float, stop: StopSwitch, notify: Notify
    ) -> None:
        self._node = node
        self._proof = proof
        self._patience_seconds = patience_seconds
        self._stop = stop
        self._notify = notify
        self._told: set[str] = set()
        self.retries = 0

    def fetch(self, height: int) -> FetchedBlock:
        """Fetch and prove the canonical block at ``height``.

        Raises
        ------
        BlockNotFoundError
            When no node has it, or its receipts, within the patience of the settings.
        UnprovenError
            When the answers disagree with the header again and again.
        NodeUnavailableError, NodeRefusedError
            As :meth:`ethlogs.node.Node.call`.
        """
        early, wrong = Backoff(), Backoff(first_seconds=0.1)
        while True:
            # Another thread may have left this URL by the time that its answer is known to be wrong.
            asked = self._node.name
            try:
                return self._fetch_once("eth_getBlockByNumber", hex(height), height)
            except BlockNotFoundError as exc:
                self._after_early_answer(height, asked, exc, early)
            except UnprovenError as exc:
                self._after_wrong_answer(height, asked, exc, wrong)

    def fetch_once(self, block: str) -> FetchedBlock:
        """Fetch and prove a block by its hash, height (as hex) or tag, asking once."""
        by_hash = len(block) == 66
        method = "eth_getBlockByHash" if by_hash else "eth_getBlockByNumber"
        height = None if by_hash or not block.startswith("0x") else int(block, 16)
        return self._fetch_once(method, block, height)

    def fetch_hash(self, height: int) -> str | None:
        """The hash of the canonical block at ``height``; ``None`` where the node has none."""
        header = self._node.call("eth_getBlockByNumber", hex(height), False).result
        found = header.get("hash") if isinstance(header, dict) else None
        return found.lower() if isinstance(found, str) else None

    def _fetch_once(self, method: str, block: str, height: int | None) -> FetchedBlock:
        header = self._node.call(method, block, False)
        if header.result is None:
            raise BlockNotFoundError(
                f"node {self._node.name} does not have block {readable_block(block)}",
                hint="is the block right, and is the node in sync with its chain?",
            )
        found = header.result.get("hash") if isinstance(header.result, dict) else None
        if not isinstance(found, str):
            raise UnprovenError(f"node {self._node.name} gave no hash for block {readable_block(block)}")
        if method == "eth_getBlockByHash" and found.lower() != block.lower():
            raise UnprovenError(f"asked for block {block}, the node gave block {found}")
        body = self._node.call("eth_getBlockReceipts", found)
        if body.result is None:
            raise BlockNotFoundError(
                f"node {self._node.name} has block {readable_block(block)} but not its receipts",
                hint="the node may have pruned them: use a node that keeps the history that you ask for",
            )
        return FetchedBlock(
            self._prove(header.result, body.result, height), header.size_bytes + body.size_bytes
        )

    def _prove(self, header: Any, body: Any, height: int | None) -> ProvenBlock:
        block = prove_by_receipts(header, body, unchecked_headers=self._proof.unchecked_headers)
        if height is not None and block.number != height:
            raise UnprovenError(f"asked for block {height}, the node gave block {block.number}")
        self._tell_remarks(block)
        return block

    def _tell_remarks(self, block: ProvenBlock) -> None:
        """Once each: they are true of block after block."""
        for remark in block.remarks:
            if remark not in self._told and len(self._told) < _REMARKS:
                self._told.add(remark)
                self._notify(f"block {block.number}, and maybe others: {remark}")

    def _after_early_answer(self, height: int, asked: str, exc: BlockNotFoundError, backoff: Backoff) -> None:
        self.retries += 1
        patience_seconds = self._patience_seconds
        if self._node.fetch_quantity("eth_blockNumber") - height > RECENT_BLOCKS:
            patience_seconds = min(patience_seconds, OLD_BLOCK_SECONDS)
        if backoff.failing_seconds > patience_seconds:
            raise BlockNotFoundError(
                f"{exc}, after {patience_seconds:g} seconds of asking",
                hint=exc.hint or "is the node in sync with its chain?",
            ) from exc
        if backoff.tries == 3:
            self._notify(f"{exc}; asking again for up to {patience_seconds:g} seconds")
        if backoff.is_fourth:
            self._node.switch_from(asked, str(exc))
        backoff.wait(self._stop.pause)

    def _after_wrong_answer(self, height: int, asked: str, exc: UnprovenError, backoff: Backoff) -> None:
        self.retries += 1
        if backoff.tries >= WRONG_ANSWERS - 1:
            raise UnprovenError(
                f"block {height} cannot be proven, {WRONG_ANSWERS} times in a row: {exc}",
                hint=exc.hint
                or "the node's data do not agree with the block's header; nothing of this block was"
                " produced. Use another node, or resync this one",
            ) from exc
        self._notify(f"{exc}; asking again")
        self._node.switch_from(asked, str(exc))
        backoff.wait(self._stop.pause)


def readable_block(block: str) -> str:
    """A block's name for a message: its height as people write it, else hash or tag."""
    return str(int(block, 16)) if block.startswith("0x") and len(block) < 20 else block
