"""What the ledger's records say about each other, in the order of the chain."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ethlogs.heights import Ranges
from ethlogs.ledger import BlockRecord
from ethlogs.verify.differences import Difference, Kind
from ethlogs.verify.ledger_checks import LedgerChecks, missing_ranges
from ethlogs.verify.ledger_scan import LedgerEntry
from tests.unit.samples import BLOCK


def record(height: int, blocks: int, ranges: Ranges, **more: Any) -> BlockRecord:
    """A block with five event logs, the ``blocks``-th of its stream."""
    return replace(
        BLOCK,
        block_number=height,
        block_hash=f"0x{height}",
        parent_hash=f"0x{height - 1}",
        stream_blocks=blocks,
        stream_logs=5 * blocks,
        ranges=ranges,
        **more,
    )


def check(
    *records: BlockRecord, backfilled: tuple[BlockRecord, ...] = ()
) -> tuple[list[Difference], list[tuple[int, int]]]:
    """The differences of a stream from its beginning, and the gaps that were allowed."""
    told: list[Difference] = []
    elsewhere = {one.block_number: LedgerEntry(one, 1, 0) for one in backfilled}
    checks = LedgerChecks("logs.ledger", None, True, elsewhere, told.append)
    for offset, one in enumerate(records):
        checks.check(LedgerEntry(one, 0, offset), 5)
    return told, checks.gaps


FIRST, SECOND, THIRD = (record(height, height, ((1, height),)) for height in (1, 2, 3))


def test_blocks_that_follow_each_other_agree() -> None:
    assert check(FIRST, SECOND, THIRD) == ([], [])


def test_a_gap_that_shows_in_the_ranges_was_allowed() -> None:
    assert check(FIRST, record(4, 2, ((1, 1), (4, 4)), claim=9)) == ([], [(2, 3)])


def test_a_gap_was_allowed_also_where_a_reorg_has_put_both_sides_under_one_claim() -> None:
    """The ancestor's record is written again, under the claim of the run that retracts."""
    assert check(FIRST, record(4, 2, ((1, 1), (4, 4)), claim=FIRST.claim)) == ([], [(2, 3)])


def test_a_record_that_is_gone_is_missing_and_nothing_else_is_told() -> None:
    (missing,), gaps = check(FIRST, THIRD, record(4, 4, ((1, 4),)))
    assert (missing.kind, missing.block, missing.last_block, gaps) == (Kind.MISSING_BLOCK, 2, 2, [])


def test_a_block_that_is_not_the_child_of_the_one_before_is_found() -> None:
    (difference,), _ = check(FIRST, replace(SECOND, parent_hash="0xother"))
    assert difference.kind == Kind.LEDGER_BLOCK
    assert difference.fields == {"parentHash": ("0x1", "0xother")}


def test_a_backfill_below_the_followed_part_and_in_a_gap_joins_it_on_both_sides() -> None:
    below, within = record(0, 1, ((0, 0),)), (record(2, 2, ((2, 3),)), record(3, 3, ((2, 3),)))
    after = record(4, 2, ((1, 1), (4, 4)))
    assert check(FIRST, after, backfilled=(below, *within)) == ([], [])
    wrong = [replace(one, block_hash="0xother", parent_hash="0xother") for one in (below, *within)]
    differences, _ = check(FIRST, after, backfilled=(below, wrong[1], wrong[2]))
    assert [(one.block, one.fields) for one in differences] == [
        (4, {"parentHash": ("0xother", "0x3")}),
        (2, {"parentHash": ("0x1", "0xother")}),
    ]
    (difference,), _ = check(FIRST, SECOND, backfilled=(wrong[0],))
    assert (difference.block, difference.fields) == (1, {"parentHash": ("0xother", "0x0")})


@pytest.mark.parametrize("ranges", [(), ((2, 2),), ((0, 2),), ((1, 3),)])
def test_ranges_that_are_not_those_before_and_the_block_are_found(ranges: Ranges) -> None:
    (difference,), _ = check(FIRST, replace(SECOND, ranges=ranges))
    assert difference.kind == Kind.LEDGER_COUNT
    assert difference.fields == {"ranges": (((1, 2),), ranges)}


def test_counts_that_do_not_add_up_are_found_once() -> None:
    (difference,), _ = check(FIRST, replace(SECOND, stream_logs=11), THIRD)
    assert difference.fields == {"streamLogs": (10, 11)}


def test_a_stream_selects_every_event_log() -> None:
    (difference,), _ = check(replace(FIRST, produced=4))
    assert difference.fields == {"produced": (5, 4)}


@pytest.mark.parametrize(
    ("first", "last", "elsewhere", "missing"),
    [
        (5, 9, [], [(5, 9)]),
        (5, 9, [6], [(5, 5), (7, 9)]),
        (5, 9, [9, 5], [(6, 8)]),
        (5, 9, [5, 6, 7, 8, 9], []),
        (5, 9, [4, 10], [(5, 9)]),
        (9, 5, [7], []),
        (0, 2**62, [3], [(0, 2), (4, 2**62)]),
    ],
)
def test_heights_that_are_nowhere_are_told_as_ranges(
    first: int, last: int, elsewhere: list[int], missing: list[tuple[int, int]]
) -> None:
    assert list(missing_ranges(first, last, elsewhere)) == missing
