"""Patience with Kafka belongs to one trouble, and ends with the first success."""

from __future__ import annotations

from unittest import mock

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KafkaUnavailableError
from ethlogs.follow import trouble as trouble_module
from ethlogs.follow.early_block import EarlyBlock
from ethlogs.follow.open_stream import OpenStream
from ethlogs.follow.pipeline import Pipeline
from ethlogs.follow.trouble import KafkaTrouble
from ethlogs.node import NodeIdentity
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from tests.unit.samples import BLOCK

SETTINGS = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"))
AWAY = KafkaUnavailableError("Kafka is away")


class Clock:
    """Only a clock that can be moved shows hours in a moment."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr("ethlogs.backoff.time.monotonic", moved.monotonic)
    return moved


@pytest.fixture
def trouble() -> KafkaTrouble:
    stop = mock.Mock(StopSwitch)
    return KafkaTrouble(300.0, stop, Journal("a-run", 1, lambda _snapshot: None))


def test_one_trouble_ends_the_run_when_the_patience_is_over(clock: Clock, trouble: KafkaTrouble) -> None:
    trouble.over()
    trouble.after(AWAY)
    clock.now += 301
    with pytest.raises(KafkaUnavailableError, match="no success for 300 seconds"):
        trouble.after(AWAY)


def test_a_broker_that_never_answered_has_less_patience(clock: Clock, trouble: KafkaTrouble) -> None:
    trouble.after(AWAY)
    clock.now += trouble_module.FIRST_CONTACT_SECONDS + 1
    with pytest.raises(KafkaUnavailableError, match="no success for 30 seconds"):
        trouble.after(AWAY)


def test_a_later_attempt_of_a_run_that_has_begun_has_all_the_patience(clock: Clock) -> None:
    journal = Journal("a-run", 2, lambda _snapshot: None, earlier={"ledgerEnd": 7})
    later = KafkaTrouble(300.0, mock.Mock(StopSwitch), journal)
    later.after(AWAY)
    clock.now += trouble_module.FIRST_CONTACT_SECONDS + 1
    later.after(AWAY)
    waiting = journal.waiting
    assert waiting is not None
    assert (waiting.why, round(waiting.until - waiting.since)) == ("Kafka is away", 300)
    later.over()
    assert journal.waiting is None


def test_a_stream_that_was_taken_again_and_stands_at_the_head_has_no_trouble(
    clock: Clock, trouble: KafkaTrouble
) -> None:
    """No block comes in between: the chain is quiet."""
    opened = mock.Mock(OpenStream, trouble=trouble, node=mock.Mock(), topics=mock.Mock(), watch=mock.Mock())
    opened.chain = NodeIdentity(1, "0xgenesis")
    pipeline = Pipeline(SETTINGS, mock.Mock(), Journal("a-run", 1, lambda _snapshot: None), opened)
    stream = mock.Mock(tip=BLOCK)
    trouble.over()
    for _ in range(3):
        trouble.after(AWAY)
        clock.now += 3600
        with mock.patch.object(pipeline._branch, "check"):
            pipeline._check_at_tip(stream, mock.Mock(EarlyBlock))
