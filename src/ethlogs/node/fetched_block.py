"""A proven block, and what the node sent for it."""

from __future__ import annotations

from typing import NamedTuple

from ethlogs.proof import ProvenBlock


class FetchedBlock(NamedTuple):
    """A proven block and how many bytes the node sent for it."""

    block: ProvenBlock
    size_bytes: int
