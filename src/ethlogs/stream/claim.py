"""Claiming a partition of the ledger: the newest claim owns it."""

from __future__ import annotations

from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.writer import TransactionalWriter
from ethlogs.ledger import CLAIM_KEY, Claim


def commit_claim(
    writer: TransactionalWriter, ledger_topic: str, claim: Claim, partition: int = FOLLOWER_PARTITION
) -> int:
    """Commit a claim; returns its offset."""
    with writer.transaction() as transaction:
        number = transaction.send(ledger_topic, partition, CLAIM_KEY, claim.encode())
        transaction.commit()
        return transaction.offset(number)
