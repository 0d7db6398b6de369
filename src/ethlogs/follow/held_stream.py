"""A stream held by this run: claimed, and its tip known."""

from __future__ import annotations

from dataclasses import dataclass, field

from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.writer import TransactionalWriter
from ethlogs.ledger import BlockRecord, Claim
from ethlogs.settings import StreamSettings
from ethlogs.stream.offsets import RisingOffsets


@dataclass
class HeldStream:
    """A stream whose newest claim is this run's, and its tip as this run left it."""

    writer: TransactionalWriter
    claim: Claim
    claim_offset: int
    tip: BlockRecord | None
    partition: int = FOLLOWER_PARTITION
    event_logs: RisingOffsets = field(init=False)
    ledger: RisingOffsets = field(init=False)

    def __post_init__(self) -> None:
        identity = self.claim.identity
        self.event_logs = RisingOffsets(identity.topic, self.tip.last_offsets if self.tip else {})
        self.ledger = RisingOffsets(
            StreamSettings(identity.topic).ledger_topic, {self.partition: self.claim_offset}
        )

    @property
    def following(self) -> int:
        """The height that comes next."""
        if self.tip is None or self.tip.block_number == self.claim.gap_after:
            return self.claim.first_block
        return self.tip.block_number + 1
