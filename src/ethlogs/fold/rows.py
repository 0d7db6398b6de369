"""The records of a ledger as a consumer gets them from Kafka."""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.ledger import CLAIM_KEY, BlockRecord, Claim, parse_ledger_record


class LedgerRow(NamedTuple):
    """One record of the ledger, whatever it is."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None

    @property
    def is_followers(self) -> bool:
        """Whether the row counts in its order; the rows of slots count in any order."""
        return self.partition == FOLLOWER_PARTITION

    def parse_block(self) -> BlockRecord | None:
        """Return the block's record; ``None`` for a claim and for a tombstone.

        Raises
        ------
        LedgerError
            When it is not a record of a ledger, or one of a format newer than this program knows.
        """
        if self.key == CLAIM_KEY:
            # Claims are for writers. A newer version may record in them what this one does not know.
            return None
        where = f"record {self.offset} of the ledger's partition {self.partition}"
        parsed = parse_ledger_record(self.key, self.value, where)
        return None if isinstance(parsed, Claim) else parsed
