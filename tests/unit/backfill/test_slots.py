"""What a run may claim and what it may release."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ethlogs.backfill import slots
from ethlogs.backfill.slots import Claiming, Releasing, claim_slots
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import SettingsError, SupersededError
from ethlogs.ledger import Claim
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.stream.claim import LedgerPartition, Owner, Taken
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import CLAIM, EMPTY_TAIL, IDENTITY, TAIL


def tail(**changes: object) -> Tail:
    """The end of a slot under a claim that is like CLAIM but for the changes."""
    return dataclasses.replace(TAIL, newest=Claimed(replace(CLAIM, **changes), 7))


@pytest.mark.parametrize("found", [EMPTY_TAIL, tail(), tail(run="an-older-run")])
def test_a_slot_is_claimed_where_nobody_or_an_older_run_has_it(found: Tail) -> None:
    assert Claiming(CLAIM, {"an-older-run"}).decide(found) == CLAIM


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (tail(attempt=2), SupersededError),
        (tail(run="a-newer-run"), SupersededError),
        (tail(identity=replace(IDENTITY, chain_id=5)), SettingsError),
    ],
    ids=["a later attempt has it", "a run that came meanwhile has it", "another chain"],
)
def test_a_slot_that_cannot_be_the_runs_is_not_claimed(found: Tail, error: type[Exception]) -> None:
    with pytest.raises(error):
        Claiming(CLAIM, {"an-older-run"}).decide(found)


def test_a_released_claim_says_which_one_it_repeats() -> None:
    released = Releasing(CLAIM.run, 1).decide(tail(repeats=3))
    assert released == replace(CLAIM, released=True, repeats=3)


@pytest.mark.parametrize("found", [EMPTY_TAIL, tail(run="a-newer-run"), tail(attempt=2), tail(released=True)])
def test_what_is_not_the_attempts_own_is_not_released(found: Tail) -> None:
    assert Releasing(CLAIM.run, 1).decide(found) is None


def test_of_two_runs_that_start_at_once_one_claims_every_slot_and_the_other_ends_at_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ledger in memory: which of two claims comes first cannot be arranged on a broker."""
    ledger: dict[int, Tail] = {}
    looks = threading.Barrier(2)

    @contextmanager
    def take(partition: LedgerPartition, owner: Owner, _stop: StopSwitch) -> Iterator[Taken]:
        with lock:
            claim = owner.decide(ledger.get(partition.number, EMPTY_TAIL))
            assert isinstance(claim, Claim)
            claimed = Claimed(claim, 0)
            ledger[partition.number] = dataclasses.replace(EMPTY_TAIL, newest=claimed)
        yield Taken(partition, cast(Any, None), claimed, EMPTY_TAIL, is_new=True)

    def start(name: str) -> str | None:
        looks.wait(30.0)
        try:
            claim_slots(settings, replace(CLAIM, run=name), range(1, 33), set(), StopSwitch())
        except SupersededError:
            return None
        return name

    lock = threading.Lock()
    monkeypatch.setattr(slots, "take_partition", take)
    settings = RunSettings("a-run", "backfill", NodeSettings(("http://a-node",)), KafkaSettings("kafka:9092"))
    with ThreadPoolExecutor(2) as threads:
        (winner,) = [name for name in threads.map(start, ["one", "other"]) if name]
    assert {tail.newest.claim.run for tail in ledger.values() if tail.newest} == {winner}
    assert sorted(ledger) == list(range(1, 33))
