"""The event logs of the newest blocks, kept so that most reorgs need not read them back from Kafka."""

from __future__ import annotations

from collections import OrderedDict

from ethlogs.event_log import Record
from ethlogs.stream.block import PreparedBlock

KEPT_BYTES = 16 << 20
"""Some fifty blocks of mainnet, or four thousand without a record."""


class RecentLogs:
    """Event logs by block hash, oldest dropped first, bounded in bytes."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._held_bytes = 0
        self._blocks: OrderedDict[str, PreparedBlock] = OrderedDict()

    def keep(self, block: PreparedBlock) -> None:
        """Remember a committed block; one that is larger than the bound is not."""
        self._drop(block.hash)
        self._blocks[block.hash] = block
        self._held_bytes += block.held_bytes
        while self._held_bytes > self._kept_bytes:
            self._drop(next(iter(self._blocks)))

    def find(self, block_hash: str) -> list[Record] | None:
        """The event logs of a block, where they are remembered."""
        block = self._blocks.get(block_hash)
        return None if block is None else block.records

    def _drop(self, block_hash: str) -> None:
        block = self._blocks.pop(block_hash, None)
        if block is not None:
            self._held_bytes -= block.held_bytes
