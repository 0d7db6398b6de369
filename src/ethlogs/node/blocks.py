"""Fetching blocks that are proven: asked for by height, and again when the answer is early or wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from ethlogs.backoff import Backoff
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockGoneError, BlockNotFoundError, NodeError, UnprovableChainError, UnprovenError
from ethlogs.node.asker import AskedOnce
from ethlogs.node.block_fetcher import BlockFetcher
from ethlogs.node.client import Node
from ethlogs.node.fetched_block import FetchedBlock
from ethlogs.node.history import History
from ethlogs.node.remarks import Remarks
from ethlogs.notify import Notify
from ethlogs.proof import Header
from ethlogs.proof.chains import why_unprovable
from ethlogs.selection import BloomExclusion
from ethlogs.settings import ProofSettings

T = TypeVar("T")

RECENT_BLOCKS = 128
OLD_BLOCK_SECONDS = 5.0
"""A block so far below the head is not early: what a node does not have of it, it has pruned."""


class BlockSource:
    """Proven blocks from a node; safe to use from several threads.

    Each is proven as the settings ask for: ``auto`` takes the bytes where the URL gives them, else JSON.
    """

    def __init__(
        self, node: Node, proof: ProofSettings, patience_seconds: float, stop: StopSwitch, notify: Notify
    ) -> None:
        self._node = node
        remarks = Remarks(notify)
        self._fetcher = BlockFetcher(node, proof, remarks, weaker_if_missing=True)
        # What is not there by its bytes, and by JSON a moment later, is not proven by less for that.
        self._early = BlockFetcher(AskedOnce(node), proof, remarks, weaker_if_missing=False)
        self._history = History(node)
        self._patience_seconds = patience_seconds
        self._stop = stop
        self._notify = notify
        self.retries = 0

    def fetch(
        self, height: int, exclusion: BloomExclusion | None = None, block_hash: str | None = None
    ) -> FetchedBlock:
        """Fetch and prove the canonical block at ``height``.

        With an ``exclusion``, and without a least proof, a block may be proven by its header alone. With a
        ``block_hash`` every other block of this height is a wrong answer.

        Raises
        ------
        BlockNotFoundError
            When no node has it, or its receipts, within the patience of the settings.
        UnprovenError
            When the answers disagree with the header, on every URL, until the patience is over.
        NodeUnavailableError, NodeRefusedError
            As :meth:`ethlogs.node.Node.call`.
        """
        return self._until_proven(
            height, partial(self._fetcher.fetch, exclusion=exclusion, block_hash=block_hash)
        )

    def fetch_header(self, height: int) -> Header:
        """Fetch the header of the canonical block at ``height``, whose fields give its hash.

        Raises
        ------
        NodeError
            As :meth:`fetch`.
        """
        return self._until_proven(height, self._fetcher.fetch_header)

    def _until_proven(self, height: int, fetch: Callable[[int], T]) -> T:
        """Fetch again and again, as long as what is wrong may pass."""
        early, wrong = Backoff(), Backoff(first_seconds=0.1)
        while True:
            self._history.turn_to_holder(height)
            # Another thread may have left this URL by the time that its answer is known to be wrong.
            asked = self._node.name
            try:
                with self._blaming_the_chain():
                    return fetch(height)
            except BlockGoneError as exc:
                self._look_how_far_back(height, exc)
                raise
            except BlockNotFoundError as exc:
                self._after_early_answer(height, asked, exc, early)
            except UnprovableChainError:
                raise
            except UnprovenError as exc:
                self._after_wrong_answer(height, asked, exc, wrong)

    def fetch_early(self, height: int, exclusion: BloomExclusion | None = None) -> FetchedBlock:
        """Fetch and prove a block that may not be there yet, by one question of each kind to one URL.

        It is proven as :meth:`fetch` proves it, or is not given.

        Raises
        ------
        NodeError
            Whatever the URL answers instead.
        """
        return self._early.fetch(height, exclusion)

    def fetch_once(self, block: str) -> FetchedBlock:
        """Fetch and prove a block by its hash, height (as hex) or tag, asking once."""
        with self._blaming_the_chain():
            return self._fetcher.fetch_named(block)

    def fetch_hash(self, height: int) -> str | None:
        """The hash of the canonical block at ``height``; ``None`` where the node has none."""
        try:
            header = self._node.call("eth_getBlockByNumber", hex(height), False).result
        except BlockNotFoundError:  # some nodes say so by an error, and not by null
            return None
        found = header.get("hash") if isinstance(header, dict) else None
        return found.lower() if isinstance(found, str) else None

    @contextlib.contextmanager
    def _blaming_the_chain(self) -> Iterator[None]:
        """Blame the chain, not the node, where nothing on the chain can be proven."""
        try:
            yield
        except UnprovenError as exc:
            reason = why_unprovable(self._node.identity.chain_id)
            if reason is None:
                raise
            raise UnprovableChainError(reason, hint="ethlogs produces only what is proven") from exc

    def _after_early_answer(self, height: int, asked: str, exc: BlockNotFoundError, backoff: Backoff) -> None:
        self.retries += 1
        patience_seconds = self._patience_seconds
        if self._look_how_far_back(height, exc):
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

    def _look_how_far_back(self, height: int, exc: NodeError) -> bool:
        """Return whether a block that a URL lacks is an old one; raises where no URL goes back so far."""
        if self._node.fetch_quantity("eth_blockNumber") - height <= RECENT_BLOCKS:
            return False
        missing = self._history.explain_missing(height)
        if missing is not None:
            raise missing from exc
        return True

    def _after_wrong_answer(self, height: int, asked: str, exc: UnprovenError, backoff: Backoff) -> None:
        """Ask the next URL, then again: behind each there may be members that are right."""
        self.retries += 1
        if backoff.failing_seconds > self._patience_seconds:
            raise UnprovenError(
                f"block {height} cannot be proven, after {self._patience_seconds:g} seconds of asking: {exc}",
                hint=exc.hint
                or "the node's data do not agree with the block's header; nothing of this block was"
                " produced. Use another node, or resync this one",
            ) from exc
        if backoff.tries == 0:
            hint = f" ({exc.hint})" if exc.hint else ""
            self._notify(f"{exc}; asking again for up to {self._patience_seconds:g} seconds{hint}")
        self._node.switch_from(asked, str(exc))
        backoff.wait(self._stop.pause)
