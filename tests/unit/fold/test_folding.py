"""Folding a stream: at each record of the ledger a consumer holds exactly one chain's event logs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ethlogs.errors import LedgerError, TopicError
from ethlogs.fold import LedgerRow, Position, fold_step
from tests.unit.fold.histories import History, Table

SEEDS = range(30)


def fold(history: History, position: Position, table: Table, rows: list[LedgerRow]) -> Position:
    """Fold some rows as one step."""
    step = fold_step(position, rows, history.read)
    table.apply(step)
    return step.position


def make_history(seed: int, acts: int = 25, finality: int | None = None) -> History:
    history = History(seed, finality=finality)
    for _ in range(acts):
        history.act()
    return history


@pytest.mark.parametrize("seed", SEEDS)
def test_each_record_of_the_ledger_is_a_cut_with_one_chains_event_logs(seed: int) -> None:
    history, position, table = make_history(seed), Position(), Table()
    for row in (row for row in history.ledger if row.partition == 0):
        position = fold(history, position, table, [row])
        if row.offset in history.cuts:
            assert table.rows == history.cuts[row.offset]


@pytest.mark.parametrize("seed", SEEDS)
def test_steps_of_any_size_with_slots_in_any_order_end_with_the_whole_stream(seed: int) -> None:
    history, position, table = make_history(seed), Position(), Table()
    queues = [[row for row in history.ledger if row.partition == number] for number in range(3)]
    while any(queues):
        queue = history.random.choice([queue for queue in queues if queue])
        size = history.random.randint(1, 6)
        position = fold(history, position, table, queue[:size])
        del queue[:size]
    assert table.rows == history.live()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("finality", [None, 4])
def test_a_consumer_that_restarts_while_the_ledger_is_compacted_ends_with_the_whole_stream(
    seed: int, finality: int | None
) -> None:
    history, stored, table = History(seed, finality=finality), Position().to_json(), Table()
    history.grow(5)
    for _ in range(25):
        history.act()
        if history.random.random() < 0.3:
            history.compact()
        if history.random.random() < 0.3:
            new = Position.from_json(stored)
            stored = fold(history, new, table, history.ledger).to_json()
            assert table.rows == history.live()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_first_block_leaves_out_what_is_below_it_also_across_reorgs(seed: int) -> None:
    history, position, table = make_history(seed), Position(), Table()
    for row in history.ledger:
        step = fold_step(position, [row], history.read, first_block=104)
        position = step.position
        table.apply(step)
    assert table.rows == history.live(first_block=104)


def test_a_block_below_the_first_one_is_not_read() -> None:
    history = History(1)
    history.grow(3, logs=2)
    history.expire(0, 99)
    history.expire(1, 99)
    history.expire(2, 99)
    history.grow(1, logs=0)
    step = fold_step(Position(), history.ledger, history.read, first_block=103)
    assert (step.added, step.removed, len(step.blocks)) == ([], [], 4)


def test_the_chain_may_leave_a_block_and_come_back_to_it() -> None:
    history, position, table = History(1), Position(), Table()
    history.grow(3, logs=2)
    position = fold(history, position, table, history.ledger)
    old = history.reorg(2, 2)
    history.reorg(2, again=old)
    step = fold_step(position, history.ledger, history.read)
    assert (step.added, step.removed) == ([], [])
    one_by_one = Table(set(table.rows))
    for row in history.ledger:
        position = fold(history, position, one_by_one, [row])
    assert one_by_one.rows == table.rows == history.live()


def test_retractions_among_the_event_logs_of_a_slot_are_not_the_slots() -> None:
    history, position, table = History(1), Position(), Table()
    history.grow(2, logs=3)
    old = history.reorg(1, 1)
    first = {number: len(rows) for number, rows in history.topic.items()}
    history.backfill(7, 1, logs=4)
    history.reorg(1, again=old)
    slot = history.ledger[-1 - next(i for i, row in enumerate(reversed(history.ledger)) if row.partition)]
    assert slot.value is not None
    # Another slot's and the follower's records may lie between those of a block: here all there are.
    spans = ",".join(f'"{number}":[0,{rows[-1].offset}]' for number, rows in history.topic.items())
    head, _, tail = slot.value.decode().partition('"offsets": ')
    wide = slot._replace(value=f'{head}"offsets": {{{spans}}}{tail[tail.index("}") + 1 :]}'.encode())
    position = fold(history, position, table, [row for row in history.ledger if row.partition == 0])
    fold(history, position, table, [wide])
    assert first and table.rows == history.live()


def test_records_whose_block_is_not_on_the_ledger_do_not_count_yet() -> None:
    history = History(1)
    history.grow(2, logs=3)
    before = list(history.ledger)
    history.grow(1, logs=3)
    step = fold_step(Position(), before, history.read)
    assert {log["blockNumber"] for log in step.added} == {100, 101}


def test_a_step_that_is_folded_again_from_the_old_position_gives_the_same_changes() -> None:
    history = make_history(7)
    half = fold_step(Position(), history.ledger[: len(history.ledger) // 2], history.read)
    once = fold_step(half.position, history.ledger, history.read)
    assert fold_step(Position.from_json(half.position.to_json()), history.ledger, history.read) == once


def test_the_changes_of_a_step_are_in_the_order_of_the_chain_and_newest_first() -> None:
    history = History(1)
    history.grow(3, logs=5)
    step = fold_step(Position(), history.ledger, history.read)
    added = [(log["blockNumber"], log["logIndex"]) for log in step.added]
    history.reorg(2, 1)
    removed = fold_step(step.position, history.ledger, history.read).removed
    assert added == sorted(added)
    assert [(log["blockNumber"], log["logIndex"]) for log in removed] == added[:4:-1]


def test_unknown_fields_of_event_logs_are_kept() -> None:
    history = History(1)
    history.grow(1, logs=1)
    (log,) = fold_step(Position(), history.ledger, history.read).added
    assert log["ofALaterVersion"] == "x"


def test_a_record_of_another_program_is_left_out() -> None:
    history = History(1)
    history.grow(1, logs=5)
    rows = history.topic[0]
    strays = (
        *(b"\xff", b"[1]", b'{"blockHash":"0x"}', b"", b'{"a":' + b"[" * 100_000),
        b'{"blockNumber":1,"blockHash":[],"logIndex":0,"removed":false}',
        b'{"blockNumber":1,"blockHash":"0x","logIndex":{},"removed":false}',
        b'{"blockNumber":"1","blockHash":"0x","logIndex":0,"removed":0}',
    )
    for value in strays:
        rows.insert(1, rows[0]._replace(value=value))
    assert len(fold_step(Position(), history.ledger, history.read).added) == 5


def test_event_logs_that_retention_has_deleted_end_a_step_with_the_way_out() -> None:
    history = History(1)
    history.grow(2, logs=5)
    history.expire(1, 1)
    with pytest.raises(TopicError, match=r"block 100 .* has 5 event logs; 4 of them") as caught:
        fold_step(Position(), history.ledger, history.read)
    assert "retention" in (caught.value.hint or "")


def test_retractions_that_are_missing_end_a_step() -> None:
    history = History(1)
    history.grow(2, logs=3)
    position = fold_step(Position(), history.ledger, history.read).position
    history.reorg(1, 1)
    for number, rows in history.topic.items():
        history.expire(number, rows[-1].offset + 1)
    with pytest.raises(TopicError, match=r"orphaned block 101 .* 3 event logs, and 0 retractions"):
        fold_step(position, history.ledger, history.read)


def test_an_ancestor_whose_own_event_logs_are_deleted_needs_only_the_retractions() -> None:
    history, position, table = History(1), Position(), Table()
    history.grow(2, logs=3)
    position = fold(history, position, table, history.ledger)
    for number, rows in history.topic.items():
        history.expire(number, rows[-1].offset + 1)
    history.reorg(1, 1)
    fold(history, position, table, history.ledger)
    assert table.rows == history.live()


def test_a_first_block_that_is_replaced_twice_is_folded_from_the_last_record_alone() -> None:
    history, position, table = History(1), Position(), Table()
    history.grow(1, logs=3)
    position = fold(history, position, table, history.ledger)
    history.reorg(1, 1)
    history.reorg(1, 1)
    fold(history, position, table, history.ledger[-1:])
    assert table.rows == history.live()


def test_a_position_of_another_stream_is_refused() -> None:
    ours, theirs = History(1), History(2)
    ours.grow(2)
    theirs.grow(3)
    position = fold_step(Position(), ours.ledger, ours.read).position
    with pytest.raises(LedgerError, match="has the parent 0x2-2, and this consumer holds 0x1-2"):
        fold_step(position, theirs.ledger[-1:], theirs.read)


def test_the_package_needs_neither_kafka_nor_spark() -> None:
    blocked = "import sys; sys.modules.update(dict.fromkeys(['kafka', 'pyspark', 'web3', 'requests']))"
    subprocess.run([sys.executable, "-c", f"{blocked}; import ethlogs.fold"], check=True)
