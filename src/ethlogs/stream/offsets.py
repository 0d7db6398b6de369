"""Offsets of a topic's partitions: where records lie, and that they only rise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ethlogs.errors import SettingsError
from ethlogs.ledger import Span

# Offsets between two blocks that are rather read than skipped: a seek costs a request.
_NEAR_OFFSETS = 2_000


class RisingOffsets:
    """The newest offsets of a topic's partitions: a topic that was recreated begins at 0 again.

    That costs nothing: the brokers acknowledge every record with its offset.
    """

    def __init__(self, topic: str, newest: Mapping[int, int]) -> None:
        self._topic = topic
        self._newest = dict(newest)

    def check(self, offsets: Mapping[int, Span]) -> None:
        """Take the offsets of records that follow.

        Raises
        ------
        SettingsError
            When one of them is not above those before it.
        """
        for partition, (first, last) in offsets.items():
            newest = self._newest.get(partition, -1)
            if first <= newest:
                raise SettingsError(
                    f"the offsets of partition {partition} of {self._topic} fell from {newest} to {first}:"
                    " the topic was deleted and created again, or lost acknowledged records",
                    hint="nothing was committed to it. ethlogs verify names what is missing; begin a new"
                    " stream with another --topic",
                )
            self._newest[partition] = last


def join_spans(earlier: Mapping[int, Span], later: Mapping[int, Span]) -> dict[int, Span]:
    """Spans by partition, from the beginning of the earlier to the end of the later ones."""
    joined = {
        partition: (earlier.get(partition, later_span)[0], later_span[1])
        for partition, later_span in later.items()
    }
    return dict(sorted({**earlier, **joined}.items()))


def merge_spans(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in their order, those that overlap or are near each other as one."""
    merged: Span | None = None
    for first, last in sorted(spans):
        if merged is None:
            merged = first, last
        elif first <= merged[1] + _NEAR_OFFSETS:
            merged = merged[0], max(merged[1], last)
        else:
            yield merged
            merged = first, last
    if merged is not None:
        yield merged
