"""A stream that is held: its claim is repeated while nothing else is committed. Kafka is in memory."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ethlogs.errors import KafkaUnavailableError, SettingsError
from ethlogs.follow.held_stream import HeldStream
from ethlogs.ledger import CLAIM_KEY, Claim, parse_ledger_record
from ethlogs.stream.claim import commit_claim
from tests.unit.fake_stream import FakeWriter, claim_of


def hold(writer: FakeWriter) -> HeldStream:
    claim = claim_of(1, None)
    offset = commit_claim(cast(Any, writer), "logs.ledger", claim)
    return HeldStream(cast(Any, writer), claim, offset, None)


def claims(writer: FakeWriter) -> list[tuple[int, Claim]]:
    rows = [row for row in writer.rows["logs.ledger"][0] if row.key == CLAIM_KEY]
    return [(row.offset, cast(Claim, parse_ledger_record(row.key, row.value, "here"))) for row in rows]


def test_an_idle_stream_is_claimed_again_and_later_blocks_name_the_new_claim() -> None:
    writer = FakeWriter()
    stream = hold(writer)
    stream.claim_again(0.0)
    stream.claim_again(0.0)
    (first, _), (_, second), (third, last) = claims(writer)
    assert (second.repeats, last.repeats) == (first, first)
    assert stream.claim_offset == third


def test_a_stream_that_commits_is_not_claimed_again() -> None:
    writer = FakeWriter()
    hold(writer).claim_again(60.0)
    assert len(claims(writer)) == 1


def test_a_transaction_under_way_is_left_alone() -> None:
    writer = FakeWriter()
    stream = hold(writer)
    with stream.transaction() as transaction:
        stream.claim_again(0.0)
        transaction.commit()
    assert len(claims(writer)) == 1


def test_why_a_claim_could_not_be_repeated_reaches_whoever_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = FakeWriter()
    stream = hold(writer)

    def fail() -> None:
        raise KafkaUnavailableError("fenced")

    monkeypatch.setattr(writer, "transaction", fail)
    stream.claim_again(0.0)
    with pytest.raises(KafkaUnavailableError, match="fenced"):
        stream.check()
    with pytest.raises(KafkaUnavailableError, match="fenced"), stream.transaction():
        pass


def test_a_ledger_that_was_created_again_is_noticed_while_the_run_waits() -> None:
    writer = FakeWriter()
    stream = hold(writer)
    stream.claim_again(0.0)
    writer.recreate("logs.ledger")
    stream.claim_again(0.0)
    with pytest.raises(SettingsError, match="deleted and created again"):
        stream.check()
    assert claims(writer) == [], "nothing was committed to the new one"


def test_a_released_claim_says_when_the_stream_was_taken() -> None:
    writer = FakeWriter()
    stream = hold(writer)
    stream.release(2)
    (first, _), (_, released) = claims(writer)
    assert (released.released, released.attempt, released.repeats) == (True, 2, first)
