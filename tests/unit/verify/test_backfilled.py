"""Event logs of backfilled blocks, which lie mixed in the topic, are handed on block by block."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from ethlogs.verify.backfilled import BackfilledBlocks


def entry(number: int, produced: int) -> Any:
    record = SimpleNamespace(block_hash=f"0x{number}", produced=produced)
    return cast(Any, SimpleNamespace(record=record, number=number))


def log(number: int, index: int, *, branch: str = "", is_retraction: bool = False) -> Any:
    identity = (number, f"0x{number}{branch}", index)
    return cast(Any, SimpleNamespace(log={}, identity=identity, is_retraction=is_retraction))


def collect(*produced: int) -> tuple[BackfilledBlocks, list[tuple[int, int]]]:
    """Blocks from height 0 on with so many event logs each, and those that were handed on."""
    done: list[tuple[int, int]] = []
    entries = {number: entry(number, count) for number, count in enumerate(produced)}

    def finish(finished: Any, records: list[Any]) -> None:
        done.append((finished.number, len(records)))

    return BackfilledBlocks(entries, finish), done


def test_a_block_is_handed_on_when_its_last_event_log_has_come() -> None:
    blocks, done = collect(2, 2)
    assert all(blocks.take(record) for record in (log(1, 0), log(0, 0), log(1, 1)))
    assert done == [(1, 2)]
    assert blocks.take(log(0, 1))
    assert done == [(1, 2), (0, 2)]


def test_records_of_other_blocks_and_branches_are_not_taken() -> None:
    blocks, done = collect(1)
    assert not blocks.take(log(7, 0))
    assert not blocks.take(log(0, 0, branch="b"))
    assert not blocks.take(log(0, 0, is_retraction=True))
    assert not blocks.take(cast(Any, SimpleNamespace(log=None, is_retraction=False)))
    assert done == []


def test_an_event_log_more_than_the_block_has_is_not_taken() -> None:
    blocks, done = collect(1)
    assert blocks.take(log(0, 0))
    assert not blocks.take(log(0, 0))
    assert done == [(0, 1)]


def test_at_the_end_the_rest_is_handed_on_and_blocks_without_event_logs_too() -> None:
    blocks, done = collect(2, 0)
    blocks.take(log(0, 0))
    blocks.finish()
    assert done == [(0, 1), (1, 0)]
