"""A block ready to be produced: fetched, proven, and its event logs encoded.

The follower, verify, the smoketest and the Python API all come here, so that what is produced and what it is
compared with cannot differ.
"""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.event_log import Record, encode_event_logs
from ethlogs.node import BlockSource
from ethlogs.proof import ProvenBlock


class PreparedBlock(NamedTuple):
    """A proven block with its records, ready to be produced."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    transactions: int
    proof: str
    records: list[Record]
    size_bytes: int


def prepare_block(source: BlockSource, chain_id: int, height: int) -> PreparedBlock:
    """Fetch, prove and encode the canonical block at a height.

    Raises
    ------
    NodeError
        As :meth:`ethlogs.node.BlockSource.fetch`.
    """
    return encode_block(chain_id, source.fetch(height).block)


def encode_block(chain_id: int, block: ProvenBlock) -> PreparedBlock:
    """Encode the event logs of a proven block."""
    records = encode_event_logs(chain_id, block)
    return PreparedBlock(
        number=block.number,
        hash=block.hash,
        parent_hash=block.parent_hash,
        timestamp=block.timestamp,
        transactions=block.transaction_count,
        proof=block.proof,
        records=records,
        size_bytes=sum(len(record.value) for record in records),
    )
