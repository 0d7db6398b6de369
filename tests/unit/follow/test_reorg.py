"""What is retracted, what is refused, and what is remembered for it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ethlogs.errors import BrokenChainError, LedgerError, ReorgError
from ethlogs.event_log import Record, encode_retraction
from ethlogs.follow.reorg import (
    BranchChanged,
    bound_retraction,
    find_orphans,
    require_child,
    require_child_of_backfilled,
)
from ethlogs.ledger import BlockRecord
from ethlogs.stream.block import PreparedBlock
from tests.unit.samples import BLOCK


def blocks(newest: int, oldest: int, finalized: int | None = None) -> list[BlockRecord]:
    return [
        replace(BLOCK, block_number=height, block_hash=f"0x{height:x}", finalized=finalized)
        for height in range(newest, oldest - 1, -1)
    ]


def prepared(block_hash: str, size_bytes: int = 10, number: int = 8) -> PreparedBlock:
    record = Record(b"0xabc", block_hash.encode())
    return PreparedBlock(number, block_hash, "0xparent", 0, 1, 1, "receipts", [record], size_bytes)


def test_a_reorg_within_the_window_is_retracted_whole() -> None:
    (ancestor,) = blocks(7, 7)
    found = bound_retraction(ancestor, blocks(10, 8), 3, rewind=False)
    assert (found.ancestor, found.depth, found.is_whole) == (ancestor, 3, True)
    assert (found.first_block, found.last_block, found.logs) == (8, 10, 15)


def test_a_deeper_one_is_refused_and_names_the_blocks() -> None:
    with pytest.raises(
        ReorgError, match=r"blocks 7 to 10 .* deeper than the 3 blocks of --reorg-window"
    ) as caught:
        bound_retraction(None, blocks(10, 7), 3, rewind=False)
    assert "--rewind" in (caught.value.hint or "")


def test_with_consent_the_newest_blocks_are_retracted_down_to_one_of_the_streams_own() -> None:
    found = bound_retraction(None, blocks(10, 6), 3, rewind=True)
    assert [orphan.block_number for orphan in found.orphans] == [10, 9, 8]
    assert found.ancestor == blocks(7, 7)[0]
    assert (found.depth, found.is_whole) == (5, False)


@pytest.mark.parametrize("rewind", [False, True])
def test_what_is_finalized_is_refused(rewind: bool) -> None:
    with pytest.raises(ReorgError, match="block 8 as finalized"):
        bound_retraction(None, blocks(10, 8, finalized=8), 128, rewind=rewind)


def test_what_is_above_the_finalized_block_is_not() -> None:
    assert bound_retraction(None, blocks(10, 8, finalized=7), 128, rewind=False).is_whole


@pytest.mark.parametrize(
    ("limit", "finalized", "asked"), [(3, None, 4), (3, 9, 2), (None, 8, 3), (None, None, 10)]
)
def test_looking_for_the_ancestor_ends_where_it_cannot_help_any_more(
    limit: int | None, finalized: int | None, asked: int
) -> None:
    """A stream of millions of blocks, and a node of another chain."""
    seen: list[int] = []

    def holds(block: BlockRecord) -> bool:
        seen.append(block.block_number)
        return False

    ancestor, orphans = find_orphans(blocks(10, 1, finalized), holds, limit)
    assert ancestor is None
    assert [orphan.block_number for orphan in orphans] == seen == list(range(10, 10 - asked, -1))


def test_the_ancestor_is_the_newest_block_that_the_chain_holds() -> None:
    ancestor, orphans = find_orphans(blocks(10, 1), lambda block: block.block_number <= 7, 3)
    assert ancestor == blocks(7, 7)[0]
    assert orphans == blocks(10, 8)


def test_a_block_that_does_not_descend_is_told_with_both_hashes() -> None:
    block = prepared("0x8")
    assert require_child(block, 7, "0xparent") is block
    assert require_child(block, 5, "0xother") is block, "across a gap there is no parent"
    with pytest.raises(
        BranchChanged, match="block 8 has the parent 0xparent, the stream's block 7 is 0xother"
    ):
        require_child(block, 7, "0xother")


def test_a_first_block_that_does_not_descend_from_the_backfilled_one_is_refused() -> None:
    block = prepared("0x8")
    require_child_of_backfilled(block, replace(BLOCK, block_number=7, block_hash="0xparent"))
    require_child_of_backfilled(block, replace(BLOCK, block_number=5, block_hash="0xother"))
    with pytest.raises(BrokenChainError, match="the backfilled block 7 is 0xother") as caught:
        require_child_of_backfilled(block, replace(BLOCK, block_number=7, block_hash="0xother"))
    assert "nothing was committed" in str(caught.value)
    assert caught.value.exit_status == 6


def test_a_retraction_has_the_same_bytes_but_removed() -> None:
    record = Record(b"key", b'{"data":"\\"removed\\":false}","removed":false}')
    assert encode_retraction(record) == Record(b"key", b'{"data":"\\"removed\\":false}","removed":true}')


@pytest.mark.parametrize("value", [b"{}", b'{"removed":true}', b'{"removed": false}'])
def test_what_is_no_event_log_is_not_retracted(value: bytes) -> None:
    with pytest.raises(LedgerError, match="cannot be retracted"):
        encode_retraction(Record(b"key", value))
