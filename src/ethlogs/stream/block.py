"""A block ready to be produced: fetched, proven, its event logs selected, decoded and encoded.

The follower, the backfill, verify, the smoketest and the Python API all come here, so that what is produced
and what it is compared with cannot differ.
"""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.decoding.decoder import build_decoder
from ethlogs.event_log import Record, encode_event_logs
from ethlogs.node import BlockSource
from ethlogs.proof import EXCLUDED, ProvenBlock
from ethlogs.selection import BloomExclusion, Selection
from ethlogs.settings import SelectionSettings

_BLOCK_BYTES = 4096
"""What a block takes in memory beside its records, amply: chains have long stretches without any."""
_RECORD_BYTES = 200
"""What a record takes beside its value: its key and three objects."""


class PreparedBlock(NamedTuple):
    """A proven block with its records, ready to be produced."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    transactions: int | None
    """``None`` where only the header was asked for."""
    logs: int | None
    """How many event logs the block has, selected or not; ``None`` where only the header was asked for."""
    proof: str
    records: list[Record]
    size_bytes: int
    """The size of the records' values."""
    unproven_logs: int = 0
    """How many more event logs the node lists that no root of the block commits to: left out."""

    @property
    def held_bytes(self) -> int:
        """About what the block takes in memory; a block without records takes something too."""
        return self.size_bytes + _RECORD_BYTES * len(self.records) + _BLOCK_BYTES


class BlockEncoder:
    """Makes the records of proven blocks as one stream has them; safe to use from several threads."""

    def __init__(self, chain_id: int, content: SelectionSettings) -> None:
        self._chain_id = chain_id
        self._selection = Selection(content)
        self._decoder = build_decoder(content)
        self.exclusion = None if self._selection.is_everything else BloomExclusion(self._selection)
        """What says whether a block's header is enough; ``None`` where every block is needed in full."""

    def encode(self, block: ProvenBlock) -> PreparedBlock:
        """Select, decode and encode the event logs of a proven block.

        Raises
        ------
        UnprovenError
            As :meth:`ethlogs.selection.BloomExclusion.check`.
        """
        is_full = block.proof != EXCLUDED
        if is_full and self.exclusion is not None:
            self.exclusion.check(block)
        records = encode_event_logs(self._chain_id, block, self._selection.pick(block.logs), self._decoder)
        return PreparedBlock(
            number=block.number,
            hash=block.hash,
            parent_hash=block.parent_hash,
            timestamp=block.timestamp,
            transactions=block.transaction_count,
            logs=len(block.logs) if is_full else None,
            proof=block.proof,
            records=records,
            size_bytes=sum(len(record.value) for record in records),
            unproven_logs=block.unproven_logs,
        )


def prepare_block(
    source: BlockSource, encoder: BlockEncoder, height: int, block_hash: str | None = None
) -> PreparedBlock:
    """Fetch, prove and encode the canonical block at a height, with this hash if one is given.

    Raises
    ------
    NodeError
        As :meth:`ethlogs.node.BlockSource.fetch`.
    """
    return encoder.encode(source.fetch(height, encoder.exclusion, block_hash).block)


def prepare_early_block(source: BlockSource, encoder: BlockEncoder, height: int) -> PreparedBlock:
    """Fetch, prove and encode a block that may not be there yet.

    Raises
    ------
    NodeError
        As :meth:`ethlogs.node.BlockSource.fetch_early`.
    """
    return encoder.encode(source.fetch_early(height, encoder.exclusion).block)
