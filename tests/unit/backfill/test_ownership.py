"""One backfill for each stream: who holds it, and when a newer run takes over."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.backfill.ownership import find_holder, wait_until_free
from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import SupersededError
from ethlogs.follow import ownership
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL

OTHER = CLAIM.run


def slot(last_held: int, *, end: int = 10, **changes: object) -> Tail:
    """The end of the only slot, under a claim of blocks 0 to 9."""
    claim = replace(CLAIM, first_block=0, last_block=9, **changes)
    tip = replace(BLOCK, block_number=last_held, ranges=((0, last_held),))
    return Tail(tip, Claimed(claim, 0), end, stable=True)


def ends(tail: Tail) -> LedgerEnds:
    return LedgerEnds({0: EMPTY_TAIL, 1: tail})


@pytest.mark.parametrize(
    ("tail", "run", "holder"),
    [
        (slot(5), "mine", OTHER),
        (slot(5), OTHER, None),
        (slot(5, released=True), "mine", None),
        (slot(9), "mine", None),
        (EMPTY_TAIL, "mine", None),
    ],
    ids=["unfinished", "own", "released", "finished", "new"],
)
def test_a_slot_is_held_by_a_run_that_has_neither_finished_nor_released_it(
    tail: Tail, run: str, holder: str | None
) -> None:
    assert find_holder(ends(tail), run) == holder


def test_a_backfill_that_commits_is_left_alone() -> None:
    looks = [ends(slot(5)), ends(slot(6, end=12))]
    with pytest.raises(SupersededError, match=f"backfill {OTHER} is filling this stream"):
        wait_until_free(lambda: looks.pop(0), "mine", lambda _seconds: None, lambda _text: None)


def test_a_backfill_that_is_gone_is_taken_over_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "WATCH_SECONDS", 0.01)
    told: list[str] = []
    wait_until_free(lambda: ends(slot(5)), "mine", lambda _seconds: None, told.append)
    assert told[-1].startswith(
        f"backfill {OTHER} has committed nothing for 0.01 seconds; taking the stream over"
    )


def test_a_backfill_that_ends_meanwhile_is_not_waited_for() -> None:
    looks = [ends(slot(5)), ends(dataclasses.replace(slot(5, released=True)))]
    wait_until_free(lambda: looks.pop(0), "mine", lambda _seconds: None, lambda _text: None)
