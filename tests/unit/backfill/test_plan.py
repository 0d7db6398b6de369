"""What is the backfill's own, and how it is cut."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from msgspec.structs import replace

from ethlogs.backfill.missing import find_gaps
from ethlogs.backfill.plan import (
    Hull,
    LedgerEnds,
    cut_hulls,
    followers_first,
    lowest_of_several,
    own_heights,
    share_segments,
)
from ethlogs.heights import Ranges
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL, TAIL


def tail_of(*ranges: tuple[int, int]) -> Tail:
    """The end of a partition that holds these heights."""
    return dataclasses.replace(TAIL, tip=replace(BLOCK, block_number=ranges[-1][1], ranges=ranges))


@pytest.mark.parametrize(
    ("follower", "own"),
    [
        (EMPTY_TAIL, ((0, 300),)),
        (dataclasses.replace(EMPTY_TAIL, newest=Claimed(CLAIM, 7)), ((0, 99),)),
        (tail_of((100, 150)), ((0, 99),)),
        (tail_of((100, 119), (130, 140)), ((0, 99), (120, 129))),
    ],
    ids=["nobody follows", "a claim without a block", "a follower", "a follower that left a gap"],
)
def test_the_follower_owns_its_first_block_and_all_above_except_gaps(follower: Tail, own: Ranges) -> None:
    assert own_heights(((0, 300),), follower) == own


def test_the_followers_first_block_is_that_of_its_ranges() -> None:
    assert followers_first(EMPTY_TAIL) is None
    assert followers_first(tail_of((90, 95), (99, 100))) == 90


def test_the_ends_say_what_is_missing() -> None:
    ends = LedgerEnds({0: tail_of((50, 60)), 1: tail_of((0, 31)), 2: EMPTY_TAIL})
    gaps = ends.gaps(((0, 60),))
    assert sorted(height for gap in gaps for height in gap.heights(100)) == list(range(32, 50))


def test_a_hull_is_cut_into_segments_that_follow_each_other() -> None:
    (hull,) = cut_hulls(find_gaps(((100, 9_000),), {}, 32), 32)
    assert (hull.first, hull.last) == (100, 9_000)
    assert hull.segments == ((100, 4_095), (4_096, 8_191), (8_192, 9_000))


def test_long_stretches_that_are_there_are_not_walked_again() -> None:
    held: dict[int, Ranges] = {number: ((4_096 + 32 * number, 12_287),) for number in range(32)}
    hulls = cut_hulls(find_gaps(((0, 20_000),), held, 32), 32)
    assert [(hull.first, hull.last) for hull in hulls] == [(12_288, 20_000), (0, 4_095)]


def test_nothing_missing_is_no_hull() -> None:
    assert cut_hulls(find_gaps((), {}, 32), 32) == []


def test_24_million_blocks_are_linked_in_parts_from_the_top_down() -> None:
    hulls = cut_hulls(find_gaps(((0, 23_999_999),), {}, 32), 32)
    assert sum(len(hull.segments) for hull in hulls) == -(-24_000_000 // 4_096)
    assert (hulls[0].first, hulls[0].last) == (91 * 262_144, 23_999_999)
    assert {hull.last - hull.first + 1 for hull in hulls[1:]} == {262_144}
    assert all(upper.first == lower.last + 1 for upper, lower in itertools.pairwise(hulls))
    assert hulls[-1].first == 0
    assert lowest_of_several(hulls) == hulls[-1:]


@pytest.mark.parametrize(
    ("limit", "bounds"),
    [
        (10_000, [(8_192, 9_000), (100, 8_191)]),
        (4_096, [(8_192, 9_000), (4_096, 8_191), (100, 4_095)]),
        (3_000, [(8_192, 9_000), (6_144, 8_191), (4_096, 6_143), (2_048, 4_095), (100, 2_047)]),
    ],
)
def test_a_hull_has_no_more_heights_than_the_limit(limit: int, bounds: list[tuple[int, int]]) -> None:
    hulls = cut_hulls(find_gaps(((100, 9_000),), {}, 32), 32, limit)
    assert [(hull.first, hull.last) for hull in hulls] == bounds
    assert all(hull.segments[0][0] == hull.first and hull.segments[-1][1] == hull.last for hull in hulls)


def test_a_hull_has_a_stretch_of_each_slot_at_least() -> None:
    hulls = cut_hulls(find_gaps(((0, 1_499),), {}, 32), 32, 1)
    assert [(hull.first, hull.last) for hull in hulls] == [(1_024, 1_499), (0, 1_023)]


def test_the_lowest_of_several_hulls_is_one_that_has_another_right_above_it() -> None:
    def hull(first: int, last: int) -> Hull:
        return Hull(first, last, ((first, last),))

    assert lowest_of_several([hull(80, 89), hull(50, 59), hull(40, 49), hull(10, 19)]) == [hull(40, 49)]
    assert lowest_of_several([hull(80, 89)]) == []
    assert lowest_of_several([]) == []


def test_a_short_range_is_walked_by_every_task_and_a_long_one_as_it_was_cut() -> None:
    assert share_segments(((1, 1_499),), 4) == ((1, 375), (376, 750), (751, 1_125), (1_126, 1_499))
    assert share_segments(((1, 100),), 8) == ((1, 64), (65, 100)), "a task costs more than some headers"
    long = ((100, 4_095), (4_096, 8_191), (8_192, 9_000))
    assert share_segments(long, 2) == ((100, 4_095), (4_096, 8_191), (8_192, 9_000))
    assert share_segments((), 8) == ()
