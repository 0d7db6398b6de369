"""Detection of a reorg: the stream's blocks that the node's chain no longer has.

A reorg is seen by parent hash on the next block, or by the hash at the tip's height while the stream waits
at the head. It is believed when the node, at or above the tip, gives the same other hash twice, and no
other URL that is as high still has the stream's tip: a node that lags, a shorter branch, and load-balanced
members that disagree are waited for. So is a URL that never had the tip, until its branch is longer: of two
branches of one height neither is the chain yet, and a fail-over must not choose.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import BlockNotFoundError, BrokenChainError, ReorgError
from ethlogs.ledger import BlockRecord
from ethlogs.node import BlockSource, Node
from ethlogs.node.block_name import not_found
from ethlogs.settings import RunSettings
from ethlogs.stream.block import PreparedBlock
from ethlogs.stream.read_back import walk_back

_LOOK_SECONDS = 0.5
_CHECK_SECONDS = 1.0


class BranchChanged(Exception):  # noqa: N818 - no error: the loop that follows the chain takes it up
    """The node's blocks do not descend from the stream's."""


@dataclass(frozen=True)
class Retraction:
    """Blocks to take back: the stream's newest, down to but without ``ancestor``."""

    ancestor: BlockRecord | None
    """The block that is the tip afterwards; ``None`` where the stream has no block below."""
    orphans: tuple[BlockRecord, ...]
    """Newest first, at least one."""
    depth: int
    """How deep the whole reorg is; more than there are orphans where this is a piece of it."""

    @property
    def is_whole(self) -> bool:
        """Whether ``ancestor`` is on the node's chain."""
        return self.depth == len(self.orphans)

    @property
    def first_block(self) -> int:
        """The height at which the new branch begins."""
        return self.orphans[-1].block_number

    @property
    def last_block(self) -> int:
        """The height of the tip that is taken back."""
        return self.orphans[0].block_number

    @property
    def logs(self) -> int:
        """How many event logs are taken back."""
        return sum(orphan.produced for orphan in self.orphans)


def require_child(block: PreparedBlock, number: int, block_hash: str) -> PreparedBlock:
    """The block, where it descends from the one that is named, or does not follow it at all.

    Raises
    ------
    BranchChanged
        With both hashes.
    """
    if block.number == number + 1 and block.parent_hash != block_hash:
        raise BranchChanged(
            f"block {block.number} has the parent {block.parent_hash}, the stream's block {number} is"
            f" {block_hash}"
        )
    return block


def require_child_of_backfilled(
    block: PreparedBlock, below: BlockRecord, *, is_committed: bool = False
) -> None:
    """Refuse a first block on another branch than the history below it, which was final.

    Raises
    ------
    BrokenChainError
        With both hashes.
    """
    if block.number == below.block_number + 1 and block.parent_hash != below.block_hash:
        raise BrokenChainError(
            f"block {block.number} has the parent {block.parent_hash}, and the backfilled block"
            f" {below.block_number} is {below.block_hash};"
            f" {'both are committed' if is_committed else 'nothing was committed'}",
            hint="is the node of the same chain and in sync? Give --node-url of another node; ethlogs verify"
            " shows whether the backfilled blocks are the chain's",
        )


class Branch:
    """The node's chain beside the stream's."""

    def __init__(self, settings: RunSettings, node: Node, source: BlockSource, stop: StopSwitch) -> None:
        self._settings = settings
        self._node = node
        self._source = source
        self._stop = stop
        self._checked_at = float("-inf")
        self._holder: str | None = None
        """The URL that last had the stream's tip."""

    def check(self, tip: BlockRecord | None) -> None:
        """Look, once a second, whether the tip was replaced by a block of the same height.

        Raises
        ------
        BranchChanged
            With both hashes.
        """
        if tip is None or time.monotonic() - self._checked_at < _CHECK_SECONDS:
            return
        self._checked_at = time.monotonic()
        found = self._source.fetch_hash(tip.block_number)
        if found == tip.block_hash:
            self._holder = self._node.name
        elif found is not None and (self._node.is_alone or self._node.name == self._holder):
            raise BranchChanged(
                f"block {tip.block_number} is {found} on node {self._node.name}, the stream has"
                f" {tip.block_hash}"
            )

    def has_left(self, tip: BlockRecord) -> bool:
        """Return whether the node's chain does not have the tip, for certain."""
        first = self._look(tip)
        if first is None:
            return False
        self._stop.pause(_LOOK_SECONDS)
        return self._look(tip) == first and not self._node.turn_to_holder(tip.block_number, tip.block_hash)

    def find_retraction(self) -> Retraction | None:
        """Return what to take back now; ``None`` where the node's chain has the tip after all.

        Also where a node behind the URL lags: a block that it does not have may be its chain's all the same.

        Raises
        ------
        ReorgError
            When that is finalized, or deeper than the settings allow.
        """
        follow = self._settings.follow
        limit = None if follow.rewind else follow.reorg_window
        try:
            with contextlib.closing(
                walk_back(self._settings.kafka, self._settings.stream.ledger_topic)
            ) as blocks:
                ancestor, orphans = find_orphans(blocks, self._holds, limit)
        except BlockNotFoundError:
            return None
        if not orphans:
            return None
        return bound_retraction(ancestor, orphans, follow.reorg_window, rewind=follow.rewind)

    def _holds(self, block: BlockRecord) -> bool:
        self._stop.check()
        found = self._source.fetch_hash(block.block_number)
        if found is None:
            raise not_found(hex(block.block_number), self._node.name)
        return found == block.block_hash

    def _look(self, tip: BlockRecord) -> tuple[str, str] | None:
        """The URL that was asked and its block at the tip's height, where that is another."""
        found = self._source.fetch_hash(tip.block_number)
        return None if found in (None, tip.block_hash) else (self._node.name, str(found))


def find_orphans(
    blocks: Iterable[BlockRecord], holds: Callable[[BlockRecord], bool], limit: int | None
) -> tuple[BlockRecord | None, list[BlockRecord]]:
    """The newest block that the chain ``holds``, and those above it, newest first.

    Where they are more than ``limit``, or one of them is finalized, they are not retracted: looking on
    through a stream of millions of blocks, one request each, would only put off saying so.
    """
    orphans: list[BlockRecord] = []
    finalized = -1
    for block in blocks:
        if holds(block):
            return block, orphans
        orphans.append(block)
        finalized = max(finalized, -1 if block.finalized is None else block.finalized)
        if block.block_number <= finalized or (limit is not None and len(orphans) > limit):
            break
    return None, orphans


def bound_retraction(
    ancestor: BlockRecord | None, orphans: list[BlockRecord], window: int, *, rewind: bool
) -> Retraction:
    """The retraction of ``orphans``, newest first, or of as many of them as one transaction takes.

    Raises
    ------
    ReorgError
        When one of them is finalized by the ledger, or there are more than ``window`` without ``rewind``.
    """
    lowest, highest = orphans[-1].block_number, orphans[0].block_number
    blocks = f"block {lowest}" if lowest == highest else f"blocks {lowest} to {highest}"
    finalized = max((orphan.finalized for orphan in orphans if orphan.finalized is not None), default=-1)
    if lowest <= finalized:
        raise ReorgError(
            f"{blocks} of the stream are not on the node's chain, and the ledger has block {finalized} as"
            " finalized; what is finalized is never retracted",
            hint="is the node in sync, and of the right chain? Compare block"
            f" {lowest} with other nodes: the stream has {orphans[-1].block_hash}",
        )
    if len(orphans) <= window:
        return Retraction(ancestor, tuple(orphans), len(orphans))
    if not rewind:
        raise ReorgError(
            f"{blocks} of the stream are not on the node's chain: a reorg deeper than the {window} blocks of"
            " --reorg-window; nothing of the new branch was produced",
            hint=f"where the node is right, retract them with --rewind; the stream's block {lowest} is"
            f" {orphans[-1].block_hash}",
        )
    return Retraction(orphans[window], tuple(orphans[:window]), len(orphans))
