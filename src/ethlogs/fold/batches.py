"""The ledger records that one step takes, of those that were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ethlogs.fold.rows import LedgerRow

MOST_LOGS = 20_000
MOST_BLOCKS = 1_000


class Batch(NamedTuple):
    """The records of one step, and those that wait for a later one."""

    taken: list[LedgerRow]
    left: list[LedgerRow]


def take_batch(
    rows: Sequence[LedgerRow],
    *,
    finalized_only: bool = False,
    most_logs: int = MOST_LOGS,
    most_blocks: int = MOST_BLOCKS,
) -> Batch:
    """Take as many records as one step should have, at least one block where there is any.

    With ``finalized_only`` the follower's records are taken up to a block that is final: what was orphaned
    before it is added and removed within the one step, so no step removes anything.
    """
    ends = _final_ends(rows) if finalized_only else {row.offset for row in rows if row.is_followers}
    last = max(ends, default=-1)
    taken: list[LedgerRow] = []
    left: list[LedgerRow] = []
    logs = blocks = 0
    stands_well = True
    """Whether a step may end behind the follower's newest record taken."""
    for row in rows:
        # Once a step is full it stays full, so no record overtakes another one of its partition.
        full = logs >= most_logs or blocks >= most_blocks
        waits = row.offset > last or (full and stands_well) if row.is_followers else full
        if waits:
            left.append(row)
            continue
        record = row.parse_block()
        taken.append(row)
        logs, blocks = logs + (record.produced if record else 0), blocks + (record is not None)
        if row.is_followers:
            stands_well = row.offset in ends
    return Batch(taken, left)


def _final_ends(rows: Sequence[LedgerRow]) -> set[int]:
    """The offsets of the follower's records behind which everything taken so far is final."""
    chain: list[tuple[int, int]] = []
    finalized = -1
    for row in rows:
        record = row.parse_block() if row.is_followers else None
        if record is None:
            continue
        while chain and chain[-1][0] >= record.block_number:
            chain.pop()
        chain.append((record.block_number, row.offset))
        finalized = max(finalized, -1 if record.finalized is None else record.finalized)
    return {offset for height, offset in chain if height <= finalized}
