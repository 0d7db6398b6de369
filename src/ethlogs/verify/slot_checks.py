"""The checks of the slots' records: each height in its own slot, once, and a child of the one below."""

from __future__ import annotations

from collections.abc import Mapping

from ethlogs.heights import partition_of_slot, slot_of
from ethlogs.verify.differences import Difference, Kind, Tell
from ethlogs.verify.ledger_checks import check_child, place_of
from ethlogs.verify.ledger_scan import LedgerEntry


class SlotChecks:
    """Fed with each record of the slots as it is read."""

    def __init__(self, topic: str, slots: int, tell: Tell) -> None:
        self._topic = topic
        self._slots = slots
        self._tell = tell

    def check(self, entry: LedgerEntry, earlier: LedgerEntry | None) -> None:
        """Check where a record is; ``earlier`` is the one of the same height that was read before."""
        height = entry.record.block_number
        own = partition_of_slot(slot_of(height, self._slots))
        if entry.partition != own:
            fields = {"partition": (own, entry.partition)}
            self._differs(entry, Kind.LEDGER_BLOCK, "the record is in a slot of other heights", fields)
        if earlier is not None:
            detail = f"the backfill has it twice, also at offset {earlier.offset} of {earlier.partition}"
            self._differs(entry, Kind.DOUBLED_BLOCK, detail, {})

    def check_parents(self, backfilled: Mapping[int, LedgerEntry]) -> None:
        """Check that each block is a child of the backfilled one below it, where there is one."""
        for height, entry in sorted(backfilled.items()):
            below = backfilled.get(height - 1)
            if below is not None:
                check_child(entry, below.record, self._topic, self._tell)

    def _differs(
        self, entry: LedgerEntry, kind: Kind, detail: str, fields: Mapping[str, tuple[object, object]]
    ) -> None:
        self._tell(Difference(kind, detail, fields=fields, **place_of(entry, self._topic)))
