"""Where a verification begins to read, and what retention has deleted."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ethlogs.verify.ledger_scan import LedgerEntry
from ethlogs.verify.plan import find_extent, plan_walk
from tests.unit.samples import BLOCK


def entries(*offsets: tuple[int, int]) -> list[LedgerEntry]:
    """Blocks from 100 on, with these first and last offsets in partition 0."""
    return [
        LedgerEntry(replace(BLOCK, block_number=100 + at, offsets={0: pair}, produced=2), 0, 40 + at)
        for at, pair in enumerate(offsets)
    ]


LEDGER = entries((0, 1), (2, 3), (4, 5), (6, 7))


def test_the_whole_ledger_is_walked_where_no_range_is_given() -> None:
    plan = plan_walk(LEDGER, None, None, {})
    assert (plan.first, plan.last, plan.blocks, plan.logs) == (100, 103, 4, 8)
    assert (plan.ledger_start, plan.positions, plan.previous) == (40, {}, None)
    assert plan.tip == LEDGER[-1]


def test_a_range_begins_behind_the_block_before_it() -> None:
    plan = plan_walk(LEDGER, 101, 102, {})
    assert (plan.first, plan.last, plan.blocks) == (101, 102, 2)
    assert (plan.ledger_start, plan.positions, plan.previous) == (41, {0: 1}, LEDGER[0])
    assert plan.tip == LEDGER[-1], "the tip is the ledger's, whatever the range"


def test_blocks_below_the_cut_of_retention_are_counted_and_not_walked() -> None:
    plan = plan_walk(LEDGER, None, None, {0: 3})
    assert (plan.expired, plan.expired_first, plan.expired_last) == (2, 100, 101)
    assert (plan.first, plan.last, plan.blocks) == (102, 103, 2)


def test_an_empty_ledger_gives_nothing_to_walk() -> None:
    plan = plan_walk([], None, None, {})
    assert (plan.ledger_start, plan.tip, plan.blocks) == (None, None, 0)


@pytest.mark.parametrize(
    ("backfilled", "first", "last", "extent"),
    [
        ((), None, None, (100, 103)),
        ((98, 99), None, None, (98, 103)),
        ((98, 99), 98, 101, (98, 101)),
        ((99,), 99, 99, (99, 99)),
        ((), 102, None, (102, 103)),
        ((), 200, 210, None),
    ],
)
def test_the_extent_is_what_is_asked_for_of_the_slots_and_of_the_followed_part(
    backfilled: tuple[int, ...], first: int | None, last: int | None, extent: tuple[int, int] | None
) -> None:
    plan = plan_walk(LEDGER, None, None, {})
    assert find_extent(plan, backfilled, first, last) == extent
