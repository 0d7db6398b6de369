"""Settings of a backfill: which heights, what is final, and how much it may ask of the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ethlogs.settings.kinds import Count
from ethlogs.settings.option import Heading, OptionGroup, option
from ethlogs.settings.stream import Confirmations, HeightRange, ProofSettings


@dataclass(frozen=True)
class NodeShare(OptionGroup):
    """The share of a node that a backfill may take."""

    heading: ClassVar[Heading] = "Node"
    node_requests: int | None = option(
        "--node-requests",
        Count(min=1),
        "Limit of requests to each --node-url at a time, over all tasks. [default: 4 for each task]",
    )


PART_BLOCKS = 262_144
"""A part is linked before it is filled, and what is linked and not yet filled is lost with its driver: so it
is the work of minutes."""


@dataclass(frozen=True)
class Parts(OptionGroup):
    """The parts of a range, the highest of which is linked and filled first."""

    heading: ClassVar[Heading] = "Range"
    part_blocks: int = option(
        "--part-blocks",
        Count(min=1),
        "Limit of blocks whose headers are checked before the first of them is produced.",
        default=PART_BLOCKS,
    )


@dataclass(frozen=True)
class BackfillOptions(OptionGroup):
    """The heights to fill and their proof, as a user gives them."""

    heading: ClassVar[Heading] = "Range"
    heights: HeightRange = HeightRange()
    final: Confirmations = Confirmations()
    proof: ProofSettings = ProofSettings()
    share: NodeShare = NodeShare()
    parts: Parts = Parts()


@dataclass(frozen=True)
class BackfillSettings:
    """The heights of a backfill; with neither end all that is missing and final."""

    first: int | None = None
    to: int | None = None
    node_requests: int | None = None
    part_blocks: int = PART_BLOCKS
