"""Which heights a partition of the ledger holds, as ranges."""

from __future__ import annotations

from functools import partial, reduce

import pytest

from ethlogs.heights import (
    Ranges,
    add_height,
    drop_from,
    extend_to,
    holds,
    next_height,
    partition_of_slot,
    slot_of,
    slot_of_partition,
)


def ranges_of(*heights: int) -> Ranges:
    empty: Ranges = ()
    return reduce(add_height, heights, empty)


def test_heights_in_a_row_are_one_range() -> None:
    assert ranges_of(5, 6, 7) == ((5, 7),)


def test_a_gap_shows() -> None:
    assert ranges_of(1, 4, 5) == ((1, 1), (4, 5))


def test_a_height_that_closes_a_gap_joins_both_sides() -> None:
    assert ranges_of(1, 4, 2, 3) == ((1, 4),)


def test_a_height_that_is_held_already_changes_nothing() -> None:
    assert ranges_of(5, 6, 7, 6, 5, 7) == ((5, 7),)


def test_ranges_are_in_the_order_of_the_chain_whatever_came_first() -> None:
    assert ranges_of(9, 1, 5) == ((1, 1), (5, 5), (9, 9))


@pytest.mark.parametrize(
    ("height", "left"),
    [(9, ((1, 2), (6, 8))), (7, ((1, 2), (6, 6))), (6, ((1, 2),)), (4, ((1, 2),)), (2, ((1, 1),)), (0, ())],
)
def test_a_reorg_takes_away_a_height_and_all_above(height: int, left: Ranges) -> None:
    assert drop_from(((1, 2), (6, 8)), height) == left


@pytest.mark.parametrize(("height", "held"), [(0, False), (1, True), (2, True), (3, False), (6, True)])
def test_a_height_is_held_within_a_range_alone(height: int, held: bool) -> None:
    assert holds(((1, 2), (6, 8)), height) is held


def test_a_range_is_extended_and_no_other() -> None:
    assert extend_to(((1, 2), (6, 8)), 8, 11) == ((1, 2), (6, 11))


@pytest.mark.parametrize(
    ("height", "slot"), [(0, 0), (31, 0), (32, 1), (1023, 31), (1024, 0), (20_000_000, 8)]
)
def test_a_height_belongs_to_one_slot(height: int, slot: int) -> None:
    assert slot_of(height, 32) == slot


def test_a_slots_heights_follow_each_other_through_its_stretches() -> None:
    following = partial(next_height, partition=partition_of_slot(1), ledger_partitions=33)
    assert [following(62), following(63), following(1087)] == [63, 1056, 2080]
    assert {slot_of(following(height), 32) for height in (62, 63, 1087)} == {1}


def test_a_slot_with_all_of_its_heights_has_one_range() -> None:
    following = partial(next_height, partition=partition_of_slot(0), ledger_partitions=33)
    ranges: Ranges = ()
    for height in (*range(1024, 1056), *range(32)):
        ranges = add_height(ranges, height, following)
    assert ranges == ((0, 1055),)


def test_with_one_slot_its_heights_are_all_heights() -> None:
    assert next_height(31, partition_of_slot(0), 2) == 32
    assert slot_of(1234, 1) == 0


def test_the_followers_heights_are_consecutive() -> None:
    assert next_height(31, 0, 33) == 32


def test_a_slot_and_its_partition_name_each_other() -> None:
    assert [slot_of_partition(partition_of_slot(slot)) for slot in (0, 7, 31)] == [0, 7, 31]
