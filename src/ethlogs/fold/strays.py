"""Records on the ledger that ethlogs did not write: left out where the product's own readers ignore them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from kafka import KafkaConsumer, TopicPartition

from ethlogs.errors import LedgerError
from ethlogs.fold.rows import LedgerRow
from ethlogs.ledger import is_ledger_key, show_key
from ethlogs.stream.tail import check_end


class StrayFilter:
    """Leaves out what is not a ledger's; ``consumer`` reads the ends of partitions meanwhile."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer

    def leave_out(self, rows: Sequence[LedgerRow], topic: str) -> list[LedgerRow]:
        """Return the ledger's own records, and warn of every other one.

        Raises
        ------
        LedgerError
            When such a record may hide the newest block of its partition, or is of a newer format.
        """
        strays = {row: reason for row in rows if (reason := _reason(row)) is not None}
        # A record with another key takes no block's place.
        for partition in {row.partition for row in strays if is_ledger_key(row.key)}:
            check_end(self._consumer, TopicPartition(topic, partition))
        for reason in strays.values():
            logging.getLogger(__name__).warning(
                "%s; it is ignored. If it was written over a block's record, ethlogs verify names the block",
                reason,
            )
        return [row for row in rows if row not in strays]


def _reason(row: LedgerRow) -> str | None:
    """Return why a record is not one of a ledger; ``None`` where it is one."""
    if not is_ledger_key(row.key):
        return (
            f"record {row.offset} of the ledger's partition {row.partition} has the key {show_key(row.key)}"
        )
    try:
        row.parse_block()
    except LedgerError as exc:
        if exc.__cause__ is None:
            # A newer format: nothing that this version could judge.
            raise
        return str(exc)
    return None
