"""The heights that a backfill is asked for, by its settings, the followed part, and what is final."""

from __future__ import annotations

import pytest

from ethlogs.backfill.wanted import choose_range
from ethlogs.errors import SettingsError
from ethlogs.settings.backfill import BackfillSettings
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import CLAIM, EMPTY_TAIL, TAIL

CLAIMED = Tail(tip=None, newest=Claimed(CLAIM, 7), end_offset=8, stable=True)
"""A follower that has claimed from block 100 on, and committed no block yet."""


def choose(first: int | None, to: int | None, follower: Tail, final: int = 50) -> tuple[int, int]:
    return choose_range(BackfillSettings(first, to), follower, lambda: final, lambda _text: None)


@pytest.mark.parametrize(
    ("follower", "last"),
    [(TAIL, 100), (CLAIMED, 99), (EMPTY_TAIL, 50)],
    ids=["up to the tip, for gaps below it", "below a follower's first block", "up to what is final"],
)
def test_without_an_end_a_range_goes_as_far_as_history_can(follower: Tail, last: int) -> None:
    assert choose(None, None, follower) == (0, last)
    assert choose(20, None, follower) == (20, last)


def test_a_given_end_counts_also_where_it_is_not_final_yet() -> None:
    assert choose(5, 80, EMPTY_TAIL) == (5, 80)


def test_a_first_block_above_all_that_can_be_filled_is_refused() -> None:
    with pytest.raises(SettingsError, match="--from 60 is above block 50") as caught:
        choose(60, None, EMPTY_TAIL)
    assert "--to" in (caught.value.hint or "")


@pytest.mark.parametrize("to", [None, 300], ids=["without an end", "with an end"])
@pytest.mark.parametrize(("follower", "last"), [(TAIL, 100), (CLAIMED, 99)], ids=["a tip", "a claim"])
def test_a_first_block_above_what_is_the_followers_is_left_to_it(
    follower: Tail, last: int, to: int | None
) -> None:
    with pytest.raises(SettingsError, match=f"--from 200 is above block {last}: .* the follower's") as caught:
        choose(200, to, follower)
    assert "ethlogs produce" in (caught.value.hint or "")


def test_the_node_is_not_asked_for_what_is_final_where_a_follower_sets_the_end() -> None:
    def ask() -> int:
        raise AssertionError("asked")

    assert choose_range(BackfillSettings(None, None), TAIL, ask, lambda _text: None) == (0, 100)


@pytest.mark.parametrize(("follower", "last"), [(TAIL, 100), (CLAIMED, 99)], ids=["a tip", "a claim"])
def test_a_range_that_reaches_into_the_followed_part_ends_there_and_says_whose_blocks_those_are(
    follower: Tail, last: int
) -> None:
    said: list[str] = []
    assert choose_range(BackfillSettings(None, 120), follower, lambda: 0, said.append) == (0, last)
    assert said == ["block 100 and what follows it are the follower's, except gaps below its tip"]
