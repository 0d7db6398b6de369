"""Filling hulls: the headers of each are linked first, then its missing blocks are produced slot by slot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ethlogs.backfill.cluster import TaskLostError
from ethlogs.backfill.dispatch import Dispatcher, Step
from ethlogs.backfill.link import LinkedHull
from ethlogs.backfill.missing import SlotGaps
from ethlogs.backfill.own_ledger import OwnLedger
from ethlogs.backfill.plan import Hull, lowest_of_several, share_segments
from ethlogs.backfill.task import Piece, TaskSettings, run_piece, run_segment

PIECE_BLOCKS = 2_048
"""Heights of one task; it may end before the last of them."""


class HullFiller:
    """Fills hulls by tasks of one run."""

    def __init__(self, settings: TaskSettings, dispatcher: Dispatcher, ledger: OwnLedger) -> None:
        self._settings = settings
        self._dispatcher = dispatcher
        self._ledger = ledger

    def fill_all(self, hulls: Sequence[Hull], gaps: tuple[SlotGaps, ...]) -> None:
        """Fill what the gaps have in hulls, which come highest first.

        Raises
        ------
        BrokenChainError
            When headers do not join; nothing of that hull and of those below it is committed then.
        """
        # Hours may pass before the lowest hull's turn: a ledger that does not fit there is found at once.
        for hull in lowest_of_several(hulls):
            self._link(Hull(hull.first, hull.first, ((hull.first, hull.first),)))
        above: LinkedHull | None = None
        for hull in hulls:
            above = self._link(hull, above)
            self._fill(above, gaps)

    def _fill(self, linked: LinkedHull, gaps: tuple[SlotGaps, ...]) -> None:
        inside = [gap.within(linked.hull.first, linked.hull.last) for gap in gaps]
        self._dispatcher.run_all([partial(self._fill_some, linked, gap) for gap in inside if gap.places])

    def _link(self, hull: Hull, above: LinkedHull | None = None) -> LinkedHull:
        """Walk the headers of a hull in tasks, and join them to each other and to both neighbours."""
        linked = LinkedHull(hull)

        def walk(first: int, last: int) -> Step | None:
            task = partial(run_segment, self._settings, self._dispatcher.next_number(), first, last)
            end = self._dispatcher.run_task(f"link blocks {first} to {last}", task)
            if end.segment is None:
                raise TaskLostError(f"the headers {first} to {last} were not walked")
            linked.add(end.segment)
            return step(end.segment.last + 1, last) if end.segment.last < last else None

        def step(first: int, last: int) -> Step:
            return partial(self._dispatcher.until_not_lost, partial(walk, first, last))

        segments = share_segments(hull.segments, self._dispatcher.share().tasks)
        self._dispatcher.run_all([step(*segment) for segment in segments])
        linked.close_chain(*self._ledger.read_neighbours(hull, above))
        return linked

    def _fill_some(self, linked: LinkedHull, gap: SlotGaps) -> Step | None:
        """Fill the next piece of a slot; returns what is left to do of it, by the ledger."""
        heights = tuple(gap.heights(PIECE_BLOCKS))
        hashes = b"".join(linked.hash_of(height) for height in heights)
        slot = gap.slot.number
        describe = f"slot {slot}: blocks {heights[0]} to {heights[-1]} ({len(heights)} of them)"
        piece = Piece(slot, heights, hashes)
        task = partial(run_piece, self._settings, self._dispatcher.next_number(), piece)
        lost = TaskLostError(f"a task of slot {slot} has committed nothing")
        try:
            self._dispatcher.run_task(describe, task)
        except TaskLostError as exc:
            lost = exc
            self._ledger.end_transaction(slot)
        left = self._ledger.read_left(gap, linked.hull)
        if left.places == gap.places:
            self._dispatcher.wait_after_lost(lost)
        else:
            self._dispatcher.forget_lost()
        return partial(self._fill_some, linked, left) if left.places else None
