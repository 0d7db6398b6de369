"""What a run may claim and what it may release."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.backfill.slots import Claiming, Releasing
from ethlogs.errors import SettingsError, SupersededError
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import CLAIM, EMPTY_TAIL, IDENTITY, TAIL


def tail(**changes: object) -> Tail:
    """The end of a slot under a claim that is like CLAIM but for the changes."""
    return dataclasses.replace(TAIL, newest=Claimed(replace(CLAIM, **changes), 7))


@pytest.mark.parametrize("found", [EMPTY_TAIL, tail(), tail(run="an-older-run")])
def test_a_slot_is_claimed_whoever_has_it(found: Tail) -> None:
    assert Claiming(CLAIM).decide(found) == CLAIM


@pytest.mark.parametrize(
    ("found", "error"),
    [(tail(attempt=2), SupersededError), (tail(identity=replace(IDENTITY, chain_id=5)), SettingsError)],
    ids=["a later attempt has it", "another chain"],
)
def test_a_slot_that_cannot_be_the_runs_is_not_claimed(found: Tail, error: type[Exception]) -> None:
    with pytest.raises(error):
        Claiming(CLAIM).decide(found)


def test_a_released_claim_says_which_one_it_repeats() -> None:
    released = Releasing(CLAIM.run, 1).decide(tail(repeats=3))
    assert released == replace(CLAIM, released=True, repeats=3)


@pytest.mark.parametrize("found", [EMPTY_TAIL, tail(run="a-newer-run"), tail(attempt=2), tail(released=True)])
def test_what_is_not_the_attempts_own_is_not_released(found: Tail) -> None:
    assert Releasing(CLAIM.run, 1).decide(found) is None
