"""A transaction that is begun while its first block is still fetched. Kafka is in memory."""

from __future__ import annotations

from typing import Any, cast

import pytest
from msgspec.structs import replace

from ethlogs.follow import early_transaction
from ethlogs.follow.early_transaction import EarlyTransaction
from ethlogs.follow.held_stream import HeldStream
from ethlogs.ledger import BlockRecord
from ethlogs.stream.claim import commit_claim
from tests.unit.fake_stream import TOPICS, FakeWriter, claim_of
from tests.unit.samples import BLOCK

DENSE = replace(BLOCK, offsets={0: (1, 2), 1: (3, 4), 2: (5, 6)})
SPARSE = replace(BLOCK, offsets={1: (3, 4)})


@pytest.fixture
def writer() -> FakeWriter:
    return FakeWriter()


@pytest.fixture
def stream(writer: FakeWriter) -> HeldStream:
    claim = claim_of(1, None)
    offset = commit_claim(cast(Any, writer), "logs.ledger", claim)
    writer.happened.clear()
    return HeldStream(cast(Any, writer), claim, offset, None)


def test_it_is_begun_early_where_the_newest_block_has_records_in_every_partition(
    writer: FakeWriter, stream: HeldStream
) -> None:
    with EarlyTransaction(stream, TOPICS) as transaction:
        transaction.begin(DENSE)
        assert writer.happened == ["begin", "join early"]
        transaction.take().commit()
    assert writer.happened == ["begin", "join early", "commit"]


@pytest.mark.parametrize("newest", [None, SPARSE])
def test_elsewhere_it_is_begun_with_its_first_block(
    writer: FakeWriter, stream: HeldStream, newest: BlockRecord | None
) -> None:
    with EarlyTransaction(stream, TOPICS) as transaction:
        transaction.begin(newest)
        assert writer.happened == []
        transaction.take().commit()
    assert writer.happened == ["begin", "commit"]


def test_it_is_aborted_where_its_first_block_cannot_be_had(writer: FakeWriter, stream: HeldStream) -> None:
    committed_at = stream.committed_at
    with pytest.raises(ZeroDivisionError), EarlyTransaction(stream, TOPICS) as transaction:
        transaction.begin(DENSE)
        raise ZeroDivisionError
    assert writer.happened == ["begin", "join early", "abort"]
    assert stream.committed_at == committed_at


def test_it_is_aborted_where_its_first_block_is_slow_and_begun_again(
    writer: FakeWriter, stream: HeldStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed_at = stream.committed_at
    with EarlyTransaction(stream, TOPICS) as transaction:
        transaction.begin(DENSE)
        transaction.end_where_slow()
        assert writer.happened == ["begin", "join early"]
        monkeypatch.setattr(early_transaction, "EARLY_SECONDS", 0.0)
        transaction.end_where_slow()
        assert writer.happened == ["begin", "join early", "abort"]
        assert stream.committed_at == committed_at, "the claim is committed again in its time"
        transaction.take().commit()
    assert writer.happened == ["begin", "join early", "abort", "begin", "commit"]
    stream.claim_again(0.0)
    assert writer.happened[-2:] == ["settle", "commit"]
