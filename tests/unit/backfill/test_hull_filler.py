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
from ethlogs.backfill.link import Segment
from ethlogs.backfill.missing import Slot, SlotGaps
from ethlogs.backfill.plan import Hull
from ethlogs.backfill.share import Share
from ethlogs.backfill.task import Piece, TaskEnd
from ethlogs.errors import BrokenChainError

HULL = Hull(0, 9, ((0, 9),))
GAP = SlotGaps(Slot(0, 1), ((0, 9),))


def hash_of(height: int) -> bytes:
    return f"{height:032}".encode()


class FakeWork:
    """Runs each task at once, and keeps what the ledger has; some tasks are lost."""

    def __init__(self, lost: int = 0, commits: int = 10) -> None:
        self.lost = lost
        self.commits = commits
        self.held = 0
        self.tasks: list[str] = []
        self.waits = 0
        self.parent_above: bytes | None = hash_of(9)

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

    def wait_after_lost(self, _exc: TaskLostError) -> None:
        self.waits += 1

    def forget_lost(self) -> None:
        pass

    # the ledger

    def read_left(self, gap: SlotGaps, _hull: Hull) -> SlotGaps:
        return SlotGaps(gap.slot, ((self.held, 9),) if self.held < 10 else ())

    def read_neighbours(self, _hull: Hull) -> tuple[dict[int, bytes], bytes | None]:
        return {}, self.parent_above


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> FakeWork:
    found = FakeWork()

    def walk(_settings: Any, _number: int, first: int, last: int) -> TaskEnd:
        hashes = b"".join(hash_of(height) for height in range(first, last + 1))
        return TaskEnd(segment=Segment(first, hash_of(first - 1), hashes))

    def fill(_settings: Any, _number: int, piece: Piece) -> TaskEnd:
        assert piece.hashes == b"".join(hash_of(height) for height in piece.heights)
        found.held = min(10, found.held + found.commits)
        return TaskEnd()

    monkeypatch.setattr(hull_filler, "run_segment", walk)
    monkeypatch.setattr(hull_filler, "run_piece", fill)
    return found


def fill(work: FakeWork) -> None:
    HullFiller(cast(Any, None), cast(Any, work), cast(Any, work)).fill(HULL, (GAP,))


def test_a_hull_is_linked_and_then_filled_with_the_linked_hashes(work: FakeWork) -> None:
    fill(work)
    assert work.tasks == ["link blocks 0 to 9", "slot 0: blocks 0 to 9 (10 of them)"]


def test_nothing_is_filled_of_a_chain_that_does_not_join_the_ledger(work: FakeWork) -> None:
    work.parent_above = hash_of(7)
    with pytest.raises(BrokenChainError, match="broken at block 10"):
        fill(work)
    assert work.tasks == ["link blocks 0 to 9"]


def test_a_slot_is_filled_on_from_where_the_ledger_is(work: FakeWork) -> None:
    work.commits = 6
    fill(work)
    assert work.tasks[1:] == ["slot 0: blocks 0 to 9 (10 of them)", "slot 0: blocks 6 to 9 (4 of them)"]
    assert work.waits == 0


def test_a_lost_task_of_which_the_ledger_has_nothing_is_tried_again_after_a_wait(work: FakeWork) -> None:
    work.lost = 1
    fill(work)
    assert work.tasks[1:] == ["slot 0: blocks 0 to 9 (10 of them)"] * 2
    assert work.waits == 1
