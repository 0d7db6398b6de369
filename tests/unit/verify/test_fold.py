"""Retractions fold away what a reorg orphaned, and what does not fold is a difference."""

from __future__ import annotations

import orjson
import pytest

from ethlogs.verify.differences import Difference, Kind
from ethlogs.verify.fold import OrphanStack, SpanFold
from ethlogs.verify.found_record import FoundRecord

OWN_BLOCK, ORPHAN = (7, "0xb7"), (7, "0xa7")


def record(offset: int, name: str, block: tuple[int, str], *, removed: bool = False) -> FoundRecord:
    number, block_hash = block
    log = {
        "chainId": 1,
        "address": "0xA",
        "topics": [],
        "data": f"{name} of {block_hash}",
        "blockNumber": number,
        "blockHash": block_hash,
        "blockTimestamp": 0,
        "transactionHash": "0xt",
        "transactionIndex": 0,
        "logIndex": 0,
        "removed": removed,
    }
    return FoundRecord("logs", 0, offset, b"0xkey", orjson.dumps(log))


class Fold:
    """The fold of one block, with the differences that it found."""

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self.records: dict[int, FoundRecord] = {}
        self._fold = SpanFold(7, {"0xb7"}, 1, self.differences.append, lambda _, at: self.records[at])

    def feed(self, *records: FoundRecord) -> list[FoundRecord]:
        """Add the records; returns what was not retracted."""
        for each in records:
            self.records[each.offset] = each
            self._fold.add(each)
        return self._fold.finish()

    @property
    def own(self) -> list[int]:
        return [each.offset for each in self._fold.own]


def test_orphans_that_are_retracted_newest_first_leave_the_blocks_own_logs() -> None:
    fold = Fold()
    left = fold.feed(
        record(10, "a", ORPHAN),
        record(11, "b", ORPHAN),
        record(12, "b", ORPHAN, removed=True),
        record(13, "a", ORPHAN, removed=True),
        record(14, "a", OWN_BLOCK),
    )
    assert (left, fold.own, fold.differences) == ([], [14], [])


def test_an_orphan_that_nobody_retracted_is_left() -> None:
    orphan = record(10, "a", ORPHAN)
    assert Fold().feed(orphan, record(11, "a", OWN_BLOCK)) == [orphan]


@pytest.mark.parametrize(
    "records",
    [
        [record(10, "a", ORPHAN, removed=True)],
        [record(10, "a", ORPHAN), record(11, "b", ORPHAN), record(12, "a", ORPHAN, removed=True)],
    ],
    ids=["of nothing", "out of order"],
)
def test_a_retraction_in_the_wrong_place_is_a_difference(records: list[FoundRecord]) -> None:
    fold = Fold()
    fold.feed(*records)
    assert [difference.kind for difference in fold.differences] == [Kind.RETRACTION]


def test_a_block_that_the_chain_left_and_came_back_to_counts_once() -> None:
    fold = Fold()
    own = record(10, "a", OWN_BLOCK)
    fold.feed(own, record(11, "a", OWN_BLOCK, removed=True), record(12, "a", OWN_BLOCK))
    assert (fold.own, fold.differences) == ([12], [])


def test_an_expected_value_is_the_blocks_own_whatever_it_says() -> None:
    """Only what is not expected is decoded."""
    own, other = FoundRecord("logs", 0, 10, b"0xkey", b"expected"), record(11, "a", OWN_BLOCK)
    differences: list[Difference] = []
    fold = SpanFold(7, {"0xb7"}, 1, differences.append, lambda *_: own, {b"expected"})
    for each in (own, other, record(12, "a", OWN_BLOCK, removed=True)):
        fold.add(each)
    assert (fold.finish(), fold.own, differences) == ([], [own], [])
    assert (fold.first, fold.last) == ({0: 10}, {0: 12})


def test_a_record_that_is_not_an_event_log_is_a_difference() -> None:
    fold = Fold()
    fold.feed(FoundRecord("logs", 0, 10, None, b"?"))
    assert [difference.kind for difference in fold.differences] == [Kind.FOREIGN]


def test_a_stack_finds_a_log_below_others_and_says_how_many_lie_above() -> None:
    stack = OrphanStack()
    for offset, name in enumerate("abc"):
        stack.push(record(offset, name, ORPHAN))
    assert stack.cancel(record(9, "a", ORPHAN, removed=True)) == 2
    assert stack.cancel(record(9, "a", ORPHAN, removed=True)) is None
    assert stack.drain() == [1, 2]
    assert stack.drain() == []
