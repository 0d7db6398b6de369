"""A hull is linked before it is filled, and the ledger alone says when a slot is done.

Tasks and ledger are fakes: that real tasks fill a real ledger is what integration/test_backfill shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from ethlogs.backfill import hull_filler
from ethlogs.backfill.cluster import TaskLostError
from ethlogs.backfill.dispatch import Step
from ethlogs.backfill.hull_filler import HullFiller
from ethlogs.backfill.link import LinkedHull, Segment
from ethlogs.backfill.missing import Slot, SlotGaps, merge, subtract
from ethlogs.backfill.plan import Hull
from ethlogs.backfill.share import Share
from ethlogs.backfill.task import Piece, TaskEnd
from ethlogs.errors import BrokenChainError

HULL = Hull(0, 9, ((0, 9),))
UPPER, LOWER = Hull(5, 9, ((5, 9),)), Hull(0, 4, ((0, 4),))
GAP = SlotGaps(Slot(0, 1), ((0, 9),))


def hash_of(height: int) -> bytes:
    return f"{height:032}".encode()


class FakeWork:
    """Runs each task at once, and keeps what the ledger has; some tasks are lost."""

    def __init__(self, lost: int = 0, commits: int = 10) -> None:
        self.lost = lost
        self.commits = commits
        self.held: set[int] = set()
        self.tasks: list[str] = []
        self.waits: list[str] = []
        self.ended: list[int] = []
        """The slots whose open transaction was ended."""
        self.branch_below = 0
        """Headers below this height are those of another branch."""
        self.parent_above: bytes | None = hash_of(9)
        self.hash_below = hash_of(-1)

    # the dispatcher

    def share(self) -> Share:
        return Share(1, 4)

    def next_number(self) -> int:
        return 1

    def run_all(self, steps: list[Step]) -> None:
        for first in steps:
            step: Step | None = first
            while step is not None:
                step = step()

    def run_task(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        self.tasks.append(description)
        if self.lost and description.startswith("slot"):
            self.lost -= 1
            raise TaskLostError("lost")
        return task()

    def until_not_lost(self, step: Step) -> Step | None:
        return cast("Step | None", step())

    def wait_after_lost(self, exc: TaskLostError) -> None:
        self.waits.append(str(exc))

    def forget_lost(self) -> None:
        pass

    # the ledger

    def end_transaction(self, slot: int) -> None:
        self.ended.append(slot)

    def read_left(self, gap: SlotGaps, _hull: Hull) -> SlotGaps:
        left = subtract(gap.places, [(height, height) for height in self.held])
        return SlotGaps(gap.slot, merge(left))

    def read_neighbours(self, hull: Hull, above: LinkedHull | None) -> tuple[dict[int, bytes], bytes | None]:
        known = {hull.first - 1: self.hash_below} if hull.first == 0 else {}
        if above is not None:
            return known, above.parent
        return known, self.parent_above if hull.last == 9 else None


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> FakeWork:
    found = FakeWork()

    def walk(_settings: Any, _number: int, first: int, last: int) -> TaskEnd:
        branch = 100 if last < found.branch_below else 0
        hashes = b"".join(hash_of(height + branch) for height in range(first, last + 1))
        return TaskEnd(segment=Segment(first, hash_of(first - 1), hashes))

    def fill(_settings: Any, _number: int, piece: Piece) -> TaskEnd:
        assert piece.hashes == b"".join(hash_of(height) for height in piece.heights)
        found.held.update(piece.heights[: found.commits])
        return TaskEnd()

    monkeypatch.setattr(hull_filler, "run_segment", walk)
    monkeypatch.setattr(hull_filler, "run_piece", fill)
    return found


def fill(work: FakeWork, *hulls: Hull) -> None:
    HullFiller(cast(Any, None), cast(Any, work), cast(Any, work)).fill_all(hulls or (HULL,), (GAP,))


def test_a_hull_is_linked_and_then_filled_with_the_linked_hashes(work: FakeWork) -> None:
    fill(work)
    assert work.tasks == ["link blocks 0 to 9", "slot 0: blocks 0 to 9 (10 of them)"]


def test_nothing_is_filled_of_a_chain_that_does_not_join_the_ledger(work: FakeWork) -> None:
    work.parent_above = hash_of(7)
    with pytest.raises(BrokenChainError, match="broken at block 10"):
        fill(work)
    assert work.tasks == ["link blocks 0 to 9"]


def test_a_hull_is_linked_when_the_one_above_it_is_filled(work: FakeWork) -> None:
    fill(work, UPPER, LOWER)
    assert work.tasks == [
        "link blocks 0 to 0",
        "link blocks 5 to 9",
        "slot 0: blocks 5 to 9 (5 of them)",
        "link blocks 0 to 4",
        "slot 0: blocks 0 to 4 (5 of them)",
    ]


def test_a_ledger_that_does_not_fit_below_the_lowest_hull_is_found_before_anything_is_filled(
    work: FakeWork,
) -> None:
    work.hash_below = hash_of(7)
    with pytest.raises(BrokenChainError, match="broken at block 0:"):
        fill(work, UPPER, LOWER)
    assert work.tasks == ["link blocks 0 to 0"]


def test_a_lower_hull_that_does_not_join_the_upper_one_is_not_filled(work: FakeWork) -> None:
    work.branch_below = 5
    with pytest.raises(BrokenChainError, match="broken at block 5:"):
        fill(work, UPPER, LOWER)
    assert work.held == {5, 6, 7, 8, 9}


def test_a_slot_is_filled_on_from_where_the_ledger_is(work: FakeWork) -> None:
    work.commits = 6
    fill(work)
    assert work.tasks[1:] == ["slot 0: blocks 0 to 9 (10 of them)", "slot 0: blocks 6 to 9 (4 of them)"]
    assert work.waits == []


def test_a_lost_task_of_which_the_ledger_has_nothing_is_tried_again_after_a_wait(work: FakeWork) -> None:
    work.lost = 1
    fill(work)
    assert work.tasks[1:] == ["slot 0: blocks 0 to 9 (10 of them)"] * 2
    assert work.waits == ["lost"]


def test_what_a_lost_task_has_left_open_is_ended_and_that_of_no_other(work: FakeWork) -> None:
    work.lost, work.commits = 2, 6
    fill(work)
    assert len(work.tasks) == 1 + 4
    assert work.ended == [0, 0]
