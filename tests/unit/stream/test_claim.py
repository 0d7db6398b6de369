"""Taking a partition of the ledger: the order of looking, fencing and claiming, and who may write what.

Kafka is a fake that records what is done to it: a broker takes seconds, and what matters here is the order.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import SupersededError
from ethlogs.kafka.client_config import FOLLOWER_LIMITS, SLOT_LIMITS
from ethlogs.ledger import Claim
from ethlogs.settings import KafkaSettings, StreamSettings
from ethlogs.stream import claim as claiming
from ethlogs.stream.claim import LedgerPartition, take_partition
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.fake_stream import FakeTransaction, FakeWriter
from tests.unit.samples import CLAIM, TAIL

KAFKA = KafkaSettings("kafka:9092")
SLOT = LedgerPartition(KAFKA, StreamSettings("logs"), 8)


class FakeOwner:
    """Writes down what it is asked, and decides as the test says."""

    def __init__(self, happened: list[str], *decisions: Claim | Claimed | None) -> None:
        self._happened = happened
        self._decisions = list(decisions)

    def check(self, _tail: Tail) -> None:
        self._happened.append("check")

    def decide(self, _tail: Tail) -> Claim | Claimed | None:
        self._happened.append("decide")
        return self._decisions.pop(0)

    def wait_until_free(self) -> None:
        self._happened.append("wait")


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done to Kafka, whose partition has no open transaction."""
    done: list[str] = []

    class Writer(FakeWriter):
        def __init__(self, _settings: KafkaSettings, transactional_id: str, *_: object) -> None:
            super().__init__()
            done.append(f"init {transactional_id}")

        @contextlib.contextmanager
        def transaction(self) -> Iterator[FakeTransaction]:
            with super().transaction() as transaction:
                yield transaction
            done.append("claim")

        def close(self) -> None:
            done.append("close")

    def read(*_: object) -> Tail:
        done.append("read")
        return TAIL

    monkeypatch.setattr(claiming, "TransactionalWriter", Writer)
    monkeypatch.setattr(claiming, "read_tail", read)
    monkeypatch.setattr(claiming, "read_stable_tail", read)
    return done


def test_a_slot_has_one_transactional_id_and_only_a_short_transaction() -> None:
    assert SLOT.transactional_id == "ethlogs:logs:slot-7"
    assert SLOT.limits == SLOT_LIMITS
    follower = LedgerPartition(KAFKA, StreamSettings("logs"))
    assert follower.transactional_id == "ethlogs:logs:follower"
    assert follower.limits == FOLLOWER_LIMITS


def test_a_partition_is_looked_at_before_and_after_its_earlier_producers_are_fenced(
    happened: list[str],
) -> None:
    with take_partition(SLOT, FakeOwner(happened, CLAIM, CLAIM), StopSwitch()) as taken:
        happened.append("write")
    assert taken is not None
    assert (taken.claimed, taken.is_new) == (Claimed(CLAIM, 0), True)
    looked = ["read", "check", "decide", "wait"]
    assert happened == [*looked, "init ethlogs:logs:slot-7", "read", "decide", "claim", "write", "close"]


def test_where_nothing_is_to_do_nobody_is_fenced(happened: list[str]) -> None:
    with take_partition(SLOT, FakeOwner(happened, None), StopSwitch()) as taken:
        assert taken is None
    assert happened == ["read", "check", "decide"]


def test_what_was_done_before_the_second_look_is_not_claimed_again(happened: list[str]) -> None:
    with take_partition(SLOT, FakeOwner(happened, CLAIM, None), StopSwitch()) as taken:
        assert taken is None
    assert "claim" not in happened
    assert happened[-1] == "close"


def test_a_claim_that_still_counts_is_kept(happened: list[str]) -> None:
    own = Claimed(CLAIM, 7)
    with take_partition(SLOT, FakeOwner(happened, own, own), StopSwitch()) as taken:
        assert taken is not None
        assert (taken.claimed, taken.is_new) == (own, False)
    assert "claim" not in happened


def test_an_owner_that_may_not_write_takes_nothing(happened: list[str]) -> None:
    class Refused(FakeOwner):
        def check(self, _tail: Tail) -> None:
            raise SupersededError("another run has it")

    with (
        pytest.raises(SupersededError),
        take_partition(SLOT, Refused(happened), StopSwitch()),
    ):
        pass
    assert happened == ["read"]


def test_behind_an_open_transaction_nothing_is_decided_before_it_is_ended(
    happened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unstable: Any = dataclasses.replace(TAIL, stable=False)
    monkeypatch.setattr(claiming, "read_tail", lambda *_: unstable)
    monkeypatch.setattr(claiming, "_FIRST_LOOK_SECONDS", 0.0)
    with take_partition(SLOT, FakeOwner(happened, CLAIM), StopSwitch()):
        pass
    assert [step for step in happened if step != "check"][:2] == ["wait", "init ethlogs:logs:slot-7"]
