"""A proven block, which every proof returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class ProvenLog(NamedTuple):
    """One event log; all hex is lower case with ``0x``.

    A tuple, because a block may have 100,000 of them.
    """

    address: str  #: of the contract, 20 bytes
    topics: list[str]  #: 0 to 4, of 32 bytes each
    data: str
    transaction_hash: str
    transaction_index: int
    log_index: int  #: position in the block


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """A block whose event logs agree with its header, in the order of the block."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int  #: seconds since 1970
    transaction_count: int | None  #: ``None`` where only the header was asked for
    logs: tuple[ProvenLog, ...]
    proof: str  #: what was shown, as the ledger's field of that name has it
    logs_bloom: int = 0  #: the header's, 2048 bits
    unproven_logs: int = 0
    """How many event logs the node lists that no root commits to: they are not among ``logs``."""
    remarks: tuple[str, ...] = field(default=(), compare=False)
    """What a user should know of the node's answer, one sentence each."""


EXCLUDED = "excluded"  #: ProvenBlock.proof where the header alone was asked for
UNCHECKED = "+unchecked"  #: the end of ProvenBlock.proof where the header's hash was not checked
