"""A task's part in taking a slot, and how much it puts into one transaction."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ethlogs.backfill.fill import OPEN_SECONDS, SlotFiller, SlotOwner, TaskSupersededError, missing_of
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import SettingsError, SupersededError
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.fake_stream import TOPICS
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL, IDENTITY

RUN = RunSettings(CLAIM.run, "backfill", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))


def tail(offset: int, **changes: object) -> Tail:
    """A slot that holds 0 to 4, under a claim at an offset."""
    tip = replace(BLOCK, block_number=4, ranges=((0, 4),))
    return Tail(tip, Claimed(replace(CLAIM, **changes), offset), 100, stable=True)


def owner() -> SlotOwner:
    return SlotOwner(RUN, 1, 50, CLAIM, [3, 4, 5])


def test_a_slot_is_claimed_where_it_lacks_one_of_the_heights() -> None:
    assert owner().decide(tail(60)) == CLAIM
    assert missing_of([3, 4, 5], tail(60)) == [5]
    assert owner().decide(EMPTY_TAIL) == CLAIM
    assert SlotOwner(RUN, 1, 50, CLAIM, [3, 4]).decide(tail(60)) is None


def test_another_task_of_the_run_may_take_the_slot_and_the_one_before_never_comes_back() -> None:
    first = owner()
    first.check(tail(60))
    first.claimed_offset = 60
    first.check(tail(60))
    first.check(tail(70, repeats=60))
    with pytest.raises(TaskSupersededError):
        first.check(tail(71))


def test_a_task_that_outlives_its_run_does_not_take_back_what_the_run_released() -> None:
    late, begun = owner(), owner()
    begun.claimed_offset = 60
    for task in (late, begun):
        with pytest.raises(TaskSupersededError, match="has ended"):
            task.check(tail(70, released=True, repeats=60))
    SlotOwner(RUN, 2, 50, CLAIM, [5]).check(tail(70, released=True, repeats=60))


@pytest.mark.parametrize(
    ("offset", "changes", "error"),
    [
        (60, {"run": "another-run"}, SupersededError),
        (40, {"attempt": 2}, SupersededError),
        (40, {"identity": replace(IDENTITY, chain_id=5)}, SettingsError),
    ],
    ids=["another run since this one began", "a later attempt", "another chain"],
)
def test_a_slot_that_is_not_the_runs_is_not_taken(
    offset: int, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        owner().decide(tail(offset, **changes))


def test_a_slot_of_an_earlier_run_is_taken() -> None:
    assert owner().decide(tail(40, run="another-run")) == CLAIM


def test_a_transaction_takes_what_fits_into_the_time_that_consumers_may_wait() -> None:
    filler = SlotFiller(RUN, 1, TOPICS, IDENTITY, (0, 99), {}, 4, StopSwitch())
    start = filler._limit
    filler._adapt(start, 4 * OPEN_SECONDS)
    slower = filler._limit
    assert slower == start // 4
    filler._adapt(slower, OPEN_SECONDS / 100)
    assert filler._limit == 2 * slower
    filler._adapt(1, OPEN_SECONDS / 100)
    assert filler._limit == 2 * slower, "a transaction that was not full says nothing"


def test_a_task_gives_way_to_a_follower_that_began_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    follower = dataclasses.replace(EMPTY_TAIL, newest=Claimed(replace(CLAIM, first_block=4), 0))
    monkeypatch.setattr("ethlogs.stream.claim.read_tail", lambda *_: follower)
    filler = SlotFiller(RUN, 1, TOPICS, IDENTITY, (0, 99), {}, 4, cast(Any, None))
    assert filler._still_own([1, 3, 4, 7]) == [1, 3]
