"""The heights that the ledger lacks, computed from the ranges at the ends of its partitions alone.

Nothing here grows with the number of blocks. The heights of a slot are numbered one after another, its
*places*, so that what a slot holds and lacks is a handful of ranges, however long the chain is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ethlogs.heights import STRETCH_BLOCKS, Ranges


@dataclass(frozen=True)
class Slot:
    """One slot of so many: its heights and their places."""

    number: int
    slots: int

    def height(self, place: int) -> int:
        """Return the height at a place."""
        stretch, within = divmod(place, STRETCH_BLOCKS)
        return (stretch * self.slots + self.number) * STRETCH_BLOCKS + within

    def place(self, height: int) -> int:
        """Return the place of the slot's first height that is not below this one."""
        stretch, within = divmod(height, STRETCH_BLOCKS)
        turn, number = divmod(stretch, self.slots)
        if number < self.number:
            return turn * STRETCH_BLOCKS
        if number > self.number:
            return (turn + 1) * STRETCH_BLOCKS
        return turn * STRETCH_BLOCKS + within

    def places(self, ranges: Ranges) -> Ranges:
        """Return the places of ranges of heights, of the slot's own or of all."""
        found = ((self.place(first), self.place(last + 1) - 1) for first, last in ranges)
        return tuple((first, last) for first, last in found if first <= last)


def subtract(ranges: Ranges, taken: Iterable[tuple[int, int]]) -> Ranges:
    """Return what is left of ranges without others."""
    left = list(ranges)
    for first, last in taken:
        rest = []
        for start, end in left:
            if last < start or end < first:
                rest.append((start, end))
                continue
            if start < first:
                rest.append((start, first - 1))
            if last < end:
                rest.append((last + 1, end))
        left = rest
    return tuple(left)


@dataclass(frozen=True)
class SlotGaps:
    """The gaps of one slot, as places."""

    slot: Slot
    places: Ranges

    @property
    def count(self) -> int:
        """How many heights these are."""
        return sum(last - first + 1 for first, last in self.places)

    @property
    def first_height(self) -> int:
        """The lowest of them; only where there is one."""
        return self.slot.height(self.places[0][0])

    @property
    def last_height(self) -> int:
        """The highest of them; only where there is one."""
        return self.slot.height(self.places[-1][1])

    def within(self, first: int, last: int) -> SlotGaps:
        """Return those of a range of heights."""
        low, high = self.slot.place(first), self.slot.place(last + 1) - 1
        cut = ((max(low, start), min(high, end)) for start, end in self.places)
        return SlotGaps(self.slot, tuple((start, end) for start, end in cut if start <= end))

    def heights(self, limit: int) -> Iterator[int]:
        """Yield the lowest heights, at most so many."""
        for first, last in self.places:
            for place in range(first, min(last, first + limit - 1) + 1):
                yield self.slot.height(place)
            limit -= last - first + 1
            if limit <= 0:
                return


def find_gaps(wanted: Ranges, held: dict[int, Ranges], slots: int) -> tuple[SlotGaps, ...]:
    """Return what each slot lacks of the wanted heights; ``held`` are the slots' own ranges."""
    gaps = []
    for number in range(slots):
        slot = Slot(number, slots)
        places = subtract(slot.places(wanted), slot.places(held.get(number, ())))
        gaps.append(SlotGaps(slot, places))
    return tuple(gaps)


def count_missing(gaps: Iterable[SlotGaps]) -> int:
    """Return how many heights are missing in all."""
    return sum(gap.count for gap in gaps)


def bounds(gaps: Iterable[SlotGaps]) -> tuple[int, int] | None:
    """Return the lowest and the highest missing height; ``None`` where nothing is missing."""
    some = [gap for gap in gaps if gap.places]
    if not some:
        return None
    return min(gap.first_height for gap in some), max(gap.last_height for gap in some)


def merge(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return the same heights as ranges that do not overlap, lowest first."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return tuple(merged)
