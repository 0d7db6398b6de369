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


@dataclass(frozen=True)
class BackfillOptions(OptionGroup):
    """The heights to fill and their proof, as a user gives them."""

    heading: ClassVar[Heading] = "Range"
    heights: HeightRange = HeightRange()
    final: Confirmations = Confirmations()
    proof: ProofSettings = ProofSettings()
    share: NodeShare = NodeShare()


@dataclass(frozen=True)
class BackfillSettings:
    """The heights of a backfill; with neither end all that is missing and final."""

    first: int | None = None
    to: int | None = None
    node_requests: int | None = None
