"""Settings of a backfill: which heights, what is final, and how much it may ask of the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ethlogs.settings.kinds import Count
from ethlogs.settings.option import Heading, OptionGroup, option
from ethlogs.settings.stream import Confirmations, HeightRange, ProofSettings


@dataclass(frozen=True)
class NodeShare(OptionGroup):
    """How much of a node a backfill may take."""

    heading: ClassVar[Heading] = "Node"
    node_requests: int | None = option(
        "--node-requests",
        Count(min=1),
        "Requests under way to each --node-url at a time, summed over all tasks. [default: 4 for each task]",
    )


@dataclass(frozen=True)
class BackfillOptions(OptionGroup):
    """Which heights are filled, and how they are proven, as a user says it."""

    heading: ClassVar[Heading] = "Range"
    heights: HeightRange = HeightRange()
    final: Confirmations = Confirmations()
    proof: ProofSettings = ProofSettings()
    share: NodeShare = NodeShare()


@dataclass(frozen=True)
class BackfillSettings:
    """Which heights a backfill is asked for; with neither end all that is missing and final."""

    first: int | None = None
    to: int | None = None
    node_requests: int | None = None
