"""A step takes a bounded number of blocks, and with finalized blocks alone it ends at one."""

from __future__ import annotations

import pytest

from ethlogs.fold import LedgerRow, Position, fold_step, take_batch
from tests.unit.fold.histories import History, Table


def heights(rows: list[LedgerRow]) -> list[str]:
    return [(row.key or b"").decode() for row in rows if row.value is not None]


def test_a_step_has_at_least_one_block_however_large() -> None:
    history = History(1)
    history.grow(3, logs=5)
    rows = [row for row in history.ledger if row.key != b"claim"]
    assert heights(take_batch(rows, most_logs=1).taken) == ["100"]
    assert heights(take_batch(rows, most_logs=10).taken) == ["100", "101"]
    assert heights(take_batch(rows, most_blocks=2).taken) == ["100", "101"]
    assert take_batch(rows, most_blocks=2).left == rows[2:]


def test_a_block_is_final_when_a_later_record_says_so() -> None:
    history = History(1, finality=2)
    history.grow(4, logs=1)
    batch = take_batch(history.ledger, finalized_only=True)
    assert heights([row for row in batch.taken if row.key != b"claim"]) == ["100", "101"]
    assert heights(batch.left) == ["102", "103"]


def test_backfilled_blocks_are_final_whatever_waits_of_the_followers() -> None:
    history = History(1, finality=50)
    history.grow(2, logs=1)
    history.backfill(3, 1)
    assert heights(take_batch(history.ledger, finalized_only=True).taken) == ["3"]


def fold_final(history: History, position: Position, table: Table) -> Position:
    """Fold what is final after a position, in small steps."""
    left = [row for row in history.ledger if row.offset >= position.offsets.get(row.partition, 0)]
    while True:
        taken, left = take_batch(left, finalized_only=True, most_logs=4, most_blocks=3)
        if not taken:
            return position
        step = fold_step(position, taken, history.read)
        assert step.removed == []
        table.apply(step)
        position = step.position


@pytest.mark.parametrize("seed", range(40))
def test_finalized_blocks_are_added_once_and_never_removed_whatever_is_restarted(seed: int) -> None:
    history, position, table = History(seed, finality=3), Position(), Table()
    for _ in range(30):
        history.act()
        if history.random.random() < 0.5:
            position = fold_final(history, Position.from_json(position.to_json()), table)
    fold_final(history, position, table)
    final = [block for block in history.chain if block.number <= history.finalized]
    assert table.rows == {
        (block.hash, index) for block in (*final, *history.backfilled) for index in range(block.logs)
    }


@pytest.mark.parametrize("seed", range(40))
def test_steps_of_few_blocks_end_with_the_whole_stream(seed: int) -> None:
    history, position, table = History(seed), Position(), Table()
    for _ in range(30):
        history.act()
    left = list(history.ledger)
    while left:
        taken, left = take_batch(left, most_logs=5, most_blocks=3)
        step = fold_step(position, taken, history.read)
        table.apply(step)
        position = step.position
    assert table.rows == history.live()
