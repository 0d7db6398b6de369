"""A record of the ledger as a consumer sees it."""

from __future__ import annotations

import pytest

from ethlogs.errors import LedgerError
from ethlogs.fold.rows import LedgerRow
from ethlogs.ledger import CLAIM_KEY
from tests.unit.samples import BLOCK, CLAIM


def test_a_block_record_is_parsed() -> None:
    assert LedgerRow(0, 7, b"100", BLOCK.encode()).parse_block() == BLOCK


def test_claims_and_tombstones_are_not_blocks() -> None:
    assert LedgerRow(0, 7, CLAIM_KEY, CLAIM.encode()).parse_block() is None
    assert LedgerRow(0, 7, b"100", None).parse_block() is None


def test_a_claim_of_a_newer_version_does_not_stop_a_consumer() -> None:
    assert LedgerRow(0, 7, CLAIM_KEY, b'{"format":99}').parse_block() is None


def test_another_record_is_refused_with_its_place() -> None:
    with pytest.raises(LedgerError, match="record 7 of the ledger's partition 3"):
        LedgerRow(3, 7, b"100", b"hello").parse_block()


@pytest.mark.parametrize(("partition", "is_followers"), [(0, True), (1, False), (32, False)])
def test_only_partition_0_is_the_followers(partition: int, is_followers: bool) -> None:
    assert LedgerRow(partition, 7, b"100", None).is_followers is is_followers
