"""Quick blocks are looked for several times each; slow ones, and none, as often as ever."""

from __future__ import annotations

import pytest

from ethlogs.follow.pace import QUICKEST_SECONDS, SLOWEST_SECONDS, Pace


def pace_of(block_seconds: float, heights: range = range(100)) -> Pace:
    pace = Pace()
    for height in heights:
        pace.count(height, height * block_seconds)
    return pace


@pytest.mark.parametrize(
    ("block_seconds", "pause_seconds"),
    [(12.0, SLOWEST_SECONDS), (0.8, SLOWEST_SECONDS), (0.4, 0.05), (0.1, QUICKEST_SECONDS)],
)
def test_a_chain_is_looked_at_by_the_time_between_its_blocks(
    block_seconds: float, pause_seconds: float
) -> None:
    pace = pace_of(block_seconds)
    assert pace.pause_seconds(99 * block_seconds) == pytest.approx(pause_seconds)


def test_heads_that_were_passed_over_count_as_seen() -> None:
    assert pace_of(0.4, range(0, 100, 7)).pause_seconds(98 * 0.4) == pytest.approx(0.05)


def test_a_chain_that_stands_still_is_looked_at_slowly() -> None:
    pace = pace_of(0.1)
    assert pace.pause_seconds(9.9 + 0.4) == pytest.approx(0.05)
    assert pace.pause_seconds(9.9 + 60.0) == SLOWEST_SECONDS


def test_nothing_is_known_before_two_heads_or_after_a_reorg() -> None:
    pace = Pace()
    assert pace.pause_seconds(0.0) == SLOWEST_SECONDS
    for height in (7, 8):
        pace.count(height, height * 0.2)
    assert pace.pause_seconds(1.6) < SLOWEST_SECONDS
    pace.count(8, 1.7)
    assert pace.pause_seconds(1.7) == SLOWEST_SECONDS
