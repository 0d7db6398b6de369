"""A position is stored as text, remembers what a reorg may take back, and forgets what is final."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ethlogs.errors import LedgerError
from ethlogs.fold import HeldBlock, LedgerRow, Position
from ethlogs.fold.position import MOST_HELD
from ethlogs.ledger import BlockRecord
from tests.unit.samples import BLOCK


def block(number: int, finalized: int | None = None, branch: str = "a") -> BlockRecord:
    return replace(
        BLOCK,
        block_number=number,
        block_hash=f"0x{branch}{number}",
        parent_hash=f"0x{branch}{number - 1}",
        finalized=finalized,
    )


def hold(*records: BlockRecord) -> Position:
    position = Position()
    for record in records:
        position = position.take(record, record.produced)
    return position


def test_a_position_is_the_same_after_it_was_stored() -> None:
    position = hold(block(7), block(8)).move_past(LedgerRow(3, 41, b"8", b"{}"))
    assert position.offsets == {3: 42}
    assert Position.from_json(position.to_json()) == position
    assert Position.from_json(position.to_json().encode()) == position


@pytest.mark.parametrize("text", [None, "", b""])
def test_without_a_stored_position_it_is_the_beginning(text: str | None) -> None:
    assert Position.from_json(text) == Position()
    assert Position().tip is None


@pytest.mark.parametrize("text", ["{", "[]", '{"offsets":{"0":-1}}', b"\xff"])
def test_a_position_that_was_damaged_is_refused(text: str) -> None:
    with pytest.raises(LedgerError, match="the stored position cannot be read") as caught:
        Position.from_json(text)
    assert "begin again" in (caught.value.hint or "")


def test_a_position_of_another_ledger_is_refused_where_the_ids_of_both_are_known() -> None:
    position = Position().of_ledger("logs.ledger", "")
    assert position == Position()
    position = (
        position.of_ledger("logs.ledger", "A").take(block(7), 1).move_past(LedgerRow(0, 4, b"7", b"{}"))
    )
    assert Position.from_json(position.to_json()).of_ledger("logs.ledger", "A").ledger == "A"
    assert position.of_ledger("logs.ledger", "") == position
    with pytest.raises(LedgerError, match=r"topic id A, and .* has the topic id B") as caught:
        position.of_ledger("logs.ledger", "B")
    assert "deleted and created again" in (caught.value.hint or "")


def test_fields_of_a_later_version_are_ignored() -> None:
    assert Position.from_json('{"offsets":{"0":5},"held":[[7,"0xa7",1,"more"]],"more":1}') == Position(
        {0: 5}, (HeldBlock(7, "0xa7", 1),)
    )


def test_what_is_finalized_is_forgotten_but_for_the_finalized_block() -> None:
    position = hold(block(7), block(8), block(9, finalized=8))
    assert [held.number for held in position.held] == [8, 9]
    assert hold(block(7), block(8, finalized=20)).held == (HeldBlock(8, "0xa8", 5),)


def test_a_chain_without_finality_is_remembered_up_to_a_limit() -> None:
    position = hold(*(block(number) for number in range(1, MOST_HELD + 10)))
    assert len(position.held) == MOST_HELD
    with pytest.raises(LedgerError, match="goes back to block 5, below block 10"):
        position.orphans(block(5))


def test_the_blocks_above_an_ancestor_and_another_block_of_its_height_are_orphans() -> None:
    position = hold(block(7), block(8), block(9))
    assert [held.number for held in position.orphans(block(8))] == [9]
    assert [held.number for held in position.orphans(block(7, branch="b"))] == [7, 8, 9]


def test_a_block_of_another_parent_is_refused_and_one_after_a_gap_is_not() -> None:
    position = hold(block(7))
    with pytest.raises(LedgerError, match="block 8 of the ledger has the parent 0xb7"):
        position.take(block(8, branch="b"), 1)
    assert position.take(block(9, branch="b"), 1).tip == HeldBlock(9, "0xb9", 1)
