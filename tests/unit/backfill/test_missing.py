"""Which heights the ledger lacks: by ranges alone, however long the chain is."""

from __future__ import annotations

import tracemalloc

import pytest

from ethlogs.backfill.missing import Slot, bounds, count_missing, find_gaps, subtract
from ethlogs.heights import Ranges, slot_of


@pytest.mark.parametrize("slots", [1, 3, 32])
def test_each_height_has_one_place_in_its_own_slot(slots: int) -> None:
    for number in range(slots):
        slot = Slot(number, slots)
        own = [height for height in range(3_000) if slot_of(height, slots) == number]
        assert [slot.height(place) for place in range(len(own))] == own
        assert [slot.place(height) for height in own] == list(range(len(own)))


def test_the_place_of_anothers_height_is_that_of_the_next_own_one() -> None:
    slot = Slot(1, 3)
    for height in range(500):
        following = next(h for h in range(height, 1_000) if slot_of(h, 3) == 1)
        assert slot.height(slot.place(height)) == following


def test_what_is_taken_away_may_split_a_range() -> None:
    assert subtract(((0, 9),), [(3, 4), (9, 20)]) == ((0, 2), (5, 8))
    assert subtract(((0, 9),), [(-5, 20)]) == ()


def test_what_is_missing_is_what_no_slot_holds() -> None:
    # With two slots of 32 heights: slot 0 holds 0 to 31 and 64 to 70, slot 1 holds 40 to 63 and 96.
    gaps = find_gaps(((10, 100),), {0: ((0, 70),), 1: ((40, 63), (96, 96))}, 2)
    missing = sorted(height for gap in gaps for height in gap.heights(1_000))
    held = {*range(32), *range(64, 71), *range(40, 64), 96}
    assert missing == [height for height in range(10, 101) if height not in held]
    assert count_missing(gaps) == len(missing)
    assert bounds(gaps) == (missing[0], missing[-1])


def test_heights_are_taken_from_the_lowest_and_no_more_than_asked_for() -> None:
    (gap,) = find_gaps(((0, 9),), {0: ((2, 6),)}, 1)
    assert list(gap.heights(4)) == [0, 1, 7, 8]
    assert list(gap.within(1, 8).heights(9)) == [1, 7, 8]


def test_a_ledger_of_24_million_blocks_is_planned_in_little_memory() -> None:
    last = 24_000_000
    held: dict[int, Ranges] = {n: ((n * 32, 22_460 * 1_024 + n * 32),) for n in range(32)}
    tracemalloc.start()
    gaps = find_gaps(((0, last),), held, 32)
    found = bounds(gaps)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is not None
    assert found[1] == last
    assert (
        count_missing(gaps)
        + sum(
            Slot(n, 32).place(ranges[0][1] + 1) - Slot(n, 32).place(ranges[0][0])
            for n, ranges in held.items()
        )
        == last + 1
    )
    assert peak_bytes < 1 << 20
