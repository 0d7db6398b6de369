"""Blocks that a header's bloom excludes: none of their event logs is selected, so receipts are not asked for.

A chain could have headers whose bloom does not agree with the receipts: nothing in the block hash forbids
that. So a bloom excludes nothing before one was seen to be that of its block's event logs, and one excluded
block in a thousand is fetched in full and looked at. Which one, the block's hash says, so that no node can
choose it and every reader of the chain chooses the same.
"""

from __future__ import annotations

from functools import reduce

from ethlogs.errors import UnprovenError
from ethlogs.proof import Header, ProvenBlock, ProvenLog
from ethlogs.proof.words import parse_address, parse_topic
from ethlogs.selection.selected import Selection

ONE_IN = 1000


class BloomExclusion:
    """The decision whether a header alone is enough; safe to use from several threads."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self.is_trusted = False
        """Whether this chain's blooms were seen to be those of its event logs."""

    def excludes(self, header: Header) -> bool:
        """Return whether the block has no event log that is selected, and need not be looked at in full."""
        return (
            self.is_trusted
            and not header.unchecked
            and not self._selection.is_possible(header.logs_bloom)
            and not _is_looked_at(header.hash)
        )

    def check(self, block: ProvenBlock) -> None:
        """Compare the bloom of a block that was fetched in full, where that proves something.

        Raises
        ------
        UnprovenError
            When it is not that of the block's event logs, and others have excluded blocks before.
        """
        if self.is_trusted and not _is_looked_at(block.hash):
            return
        is_right = _bloom(block.logs) == block.logs_bloom
        if self.is_trusted and not is_right:
            raise UnprovenError(
                f"block {block.number} ({block.hash}): the header's logsBloom is not that of its event logs,"
                " so blocks that were excluded by their bloom may have event logs that are selected",
                hint="begin a new stream with another --topic and --proof receipts, which fetches every block"
                " in full",
            )
        self.is_trusted = self.is_trusted or (is_right and bool(block.logs))


def _is_looked_at(block_hash: str) -> bool:
    return int(block_hash[-8:], 16) % ONE_IN == 0


def _bloom(logs: tuple[ProvenLog, ...]) -> int:
    words = {parse_address(log.address).bloom for log in logs}
    words |= {parse_topic(topic).bloom for log in logs for topic in log.topics}
    return reduce(int.__or__, words, 0)
