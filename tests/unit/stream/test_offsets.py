"""Offsets only rise, unless a topic was recreated; and where a block's records lie."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.stream.offsets import RisingOffsets, join_spans, merge_spans


def test_offsets_that_rise_are_those_of_the_same_topic() -> None:
    offsets = RisingOffsets("logs", {0: 10})
    offsets.check({0: (11, 12), 4: (0, 3)})
    offsets.check({0: (14, 14), 4: (5, 5)})


@pytest.mark.parametrize("first", [0, 9, 10])
def test_an_offset_that_falls_or_stands_still_is_another_topics(first: int) -> None:
    offsets = RisingOffsets("logs", {0: 10})
    with pytest.raises(SettingsError, match=f"partition 0 of logs fell from 10 to {first}"):
        offsets.check({0: (first, 20)})


def test_an_offset_that_falls_after_the_first_transaction_is_noticed() -> None:
    offsets = RisingOffsets("logs", {})
    offsets.check({3: (5, 8)})
    with pytest.raises(SettingsError, match="deleted and created again, or lost acknowledged records"):
        offsets.check({3: (0, 0)})


def test_joined_spans_reach_from_the_earlier_to_the_later_ones() -> None:
    earlier, later = {0: (5, 9), 2: (1, 1)}, {1: (3, 4), 2: (7, 8)}
    assert join_spans(earlier, later) == {0: (5, 9), 1: (3, 4), 2: (1, 8)}
    assert join_spans({}, later) == later


def test_spans_that_touch_overlap_or_are_near_are_read_as_one() -> None:
    assert list(merge_spans([(40, 50), (0, 9), (10, 12), (5, 30)])) == [(0, 50)]


def test_spans_far_from_each_other_are_read_apart() -> None:
    assert list(merge_spans([(1_000_000, 1_000_009), (0, 9)])) == [(0, 9), (1_000_000, 1_000_009)]
