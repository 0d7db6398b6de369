"""The ends of a ledger; that a real one is read is what integration/test_backfill shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ethlogs.backfill.ends import check_seam
from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import BrokenChainError
from ethlogs.ledger import BlockRecord
from ethlogs.stream.tail import Tail
from tests.unit.samples import BLOCK, EMPTY_TAIL, TAIL, ends_with


@dataclass
class Reader:
    """Records by height, in the place of a broker's."""

    records: dict[int, BlockRecord]

    def find_record(self, _ends: LedgerEnds, height: int) -> BlockRecord | None:
        return self.records.get(height)


def reader(*records: BlockRecord) -> Any:
    return cast(Any, Reader({record.block_number: record for record in records}))


BELOW = replace(BLOCK, block_number=99, block_hash="0xb0")
"""The parent of the one block that TAIL has."""


def test_a_followed_block_above_history_is_the_child_of_the_block_below() -> None:
    check_seam(reader(BLOCK, BELOW), ends_with(TAIL))
    other = replace(BELOW, block_hash="0xother")
    with pytest.raises(BrokenChainError, match="the backfilled block 99 is 0xother; both are") as caught:
        check_seam(reader(BLOCK, other), ends_with(TAIL))
    assert caught.value.exit_status == 6
    assert "ethlogs verify" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("records", "follower"), [((BLOCK,), TAIL), ((BELOW,), TAIL), ((BELOW,), EMPTY_TAIL)]
)
def test_there_is_no_seam_while_one_of_the_two_blocks_is_not_there(
    records: tuple[BlockRecord, ...], follower: Tail
) -> None:
    check_seam(reader(*records), ends_with(follower))
