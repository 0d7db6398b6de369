"""Each height of a backfill is in its own slot, once, and a child of the one below."""

from __future__ import annotations

from msgspec.structs import replace

from ethlogs.heights import STRETCH_BLOCKS, partition_of_slot
from ethlogs.verify.differences import Difference, Kind
from ethlogs.verify.ledger_scan import LedgerEntry
from ethlogs.verify.slot_checks import SlotChecks
from tests.unit.samples import BLOCK

SLOTS = 4


def entry(height: int, slot: int, offset: int = 0) -> LedgerEntry:
    record = replace(BLOCK, block_number=height, block_hash=f"0x{height}", parent_hash=f"0x{height - 1}")
    return LedgerEntry(record, partition_of_slot(slot), offset)


def checks() -> tuple[SlotChecks, list[Difference]]:
    told: list[Difference] = []
    return SlotChecks("logs.ledger", SLOTS, told.append), told


def test_a_height_belongs_to_one_slot() -> None:
    slots, told = checks()
    slots.check(entry(0, 0), None)
    slots.check(entry(SLOTS * STRETCH_BLOCKS, 0), None)
    assert told == []
    slots.check(entry(STRETCH_BLOCKS, 0, offset=7), None)
    (difference,) = told
    assert (difference.kind, difference.block, difference.offset) == (Kind.LEDGER_BLOCK, STRETCH_BLOCKS, 7)
    assert difference.fields == {"partition": (2, 1)}


def test_a_height_that_a_slot_has_twice_is_doubled() -> None:
    slots, told = checks()
    slots.check(entry(3, 0, offset=9), entry(3, 0, offset=5))
    (difference,) = told
    assert (difference.kind, difference.block, difference.offset) == (Kind.DOUBLED_BLOCK, 3, 9)
    assert "also at offset 5 of 1" in difference.detail


def test_neighbours_are_linked_across_slots() -> None:
    slots, told = checks()
    last, first = STRETCH_BLOCKS - 1, STRETCH_BLOCKS
    slots.check_parents({first: entry(first, 1), last: entry(last, 0), 5: entry(5, 0)})
    assert told == []
    wrong = LedgerEntry(replace(entry(first, 1).record, parent_hash="0xother"), 2, 3)
    slots.check_parents({first: wrong, last: entry(last, 0)})
    assert told[0].fields == {"parentHash": (f"0x{last}", "0xother")}
