"""What a proof gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ProvenLog(NamedTuple):
    """One event log; all hex is lower case with ``0x``.

    A tuple, because a block may have 100,000 of them.
    """

    address: str  #: of the contract, 20 bytes
    topics: list[str]  #: 0 to 4, of 32 bytes each
    data: str
    transaction_hash: str  #: the header's transaction at transaction_index
    transaction_index: int
    log_index: int  #: position in the block


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """A block whose event logs agree with its header, in the order of the block."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int  #: seconds since 1970
    transaction_count: int
    logs: tuple[ProvenLog, ...]
