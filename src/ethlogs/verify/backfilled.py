"""Blocks of backfills: their event logs stand anywhere in the topic, mixed with those of other blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ethlogs.verify.found_record import FoundRecord
from ethlogs.verify.ledger_scan import LedgerEntry

Finish = Callable[[LedgerEntry, list[FoundRecord]], None]


class BackfilledBlocks:
    """Collects each block's event logs; hands them on when they are all there, or at the end."""

    def __init__(self, entries: Mapping[int, LedgerEntry], finish: Finish) -> None:
        self._waiting = dict(entries)
        self._found: dict[int, list[FoundRecord]] = {}
        self._finish = finish

    def take(self, record: FoundRecord) -> bool:
        """Return whether the record is an event log of a backfilled block that is not complete."""
        if not self._waiting or record.log is None or record.is_retraction:
            return False
        number, block_hash, _ = record.identity
        entry = self._waiting.get(number)
        if entry is None or entry.record.block_hash != block_hash:
            return False
        found = self._found.setdefault(number, [])
        found.append(record)
        if len(found) == entry.record.produced:
            self._hand_on(number)
        return True

    def finish(self) -> None:
        """Hand on what is not complete, and the blocks without event logs."""
        for number in sorted(self._waiting):
            self._hand_on(number)

    def _hand_on(self, number: int) -> None:
        self._finish(self._waiting.pop(number), self._found.pop(number, []))
