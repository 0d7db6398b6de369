"""What a block holds: a plan is a sequence of steps, one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_LOGS_A_TRANSACTION = 5_000


class Kind(StrEnum):
    """What a transaction does; the comment says what ``size`` counts."""

    TRANSFER = "transfer"  # ether from one account to another; no size
    TOKEN = "token"  # size Transfer logs with 32 bytes of data  # noqa: S105 - a kind of contract
    APPROVAL = "approval"  # size Approval logs with 32 bytes of data
    POOL = "pool"  # size Swap logs with 160 bytes of data
    COUNTER = "counter"  # size logs with one topic and no data
    ANONYMOUS = "anonymous"  # size logs with neither topics nor data
    LARGE = "large"  # one log of size bytes of data
    REVERT = "revert"  # fails: receipt status 0, no logs
    CREATE = "create"  # creates a contract, no logs


@dataclass(frozen=True)
class Step:
    """One transaction: what it does, how much of it, and its EIP-2718 type (0, 1, 2 or 4)."""

    kind: Kind
    size: int = 0
    type: int = 2


BlockPlan = tuple[Step, ...]


def logs_in(plan: BlockPlan) -> int:
    """Return how many event logs a block of ``plan`` has."""
    return sum(_logs_of(step) for step in plan)


def _logs_of(step: Step) -> int:
    if step.kind in (Kind.TRANSFER, Kind.REVERT, Kind.CREATE):
        return 0
    return 1 if step.kind is Kind.LARGE else step.size


def _mainnet_like() -> BlockPlan:
    mix = [(Kind.TRANSFER, 0, 54), (Kind.REVERT, 0, 4), (Kind.CREATE, 0, 2), (Kind.TOKEN, 1, 50)]
    mix += [(Kind.APPROVAL, 1, 10), (Kind.TOKEN, 3, 30), (Kind.POOL, 5, 20), (Kind.TOKEN, 12, 10)]
    steps = [(kind, size) for kind, size, count in mix for _ in range(count)]
    types = (2, 2, 0, 2, 2, 4, 2, 0, 2, 2, 1, 2, 2)
    # 37 and the 180 steps have no common factor: each step is met once, kinds well mixed
    shuffled = [steps[(i * 37) % len(steps)] for i in range(len(steps))]
    return tuple(
        Step(kind, size, _fitting(types[i % len(types)], kind)) for i, (kind, size) in enumerate(shuffled)
    )


def _fitting(type_: int, kind: Kind) -> int:
    return 2 if type_ == 4 and kind is Kind.CREATE else type_  # EIP-7702 has no creation


DEFAULT_PLAN: BlockPlan = _mainnet_like()
"""180 transactions of types 0, 1, 2 and 4 with 370 event logs, as a block of mainnet has."""
SMALL_PLAN: BlockPlan = (
    Step(Kind.TOKEN, 1, 0),
    Step(Kind.POOL, 2, 2),
    Step(Kind.REVERT),
    Step(Kind.CREATE),
    Step(Kind.TOKEN, 3, 1),
)
"""5 transactions, 6 event logs, one failed transaction and one contract creation."""
EMPTY_PLAN: BlockPlan = ()
"""No transactions at all."""


def plan_of_logs(count: int, kind: Kind = Kind.COUNTER) -> BlockPlan:
    """Return a plan of exactly ``count`` event logs.

    Gas for each log: about 850 for COUNTER, 460 for ANONYMOUS, 2,000 for TOKEN. The default gas limit
    of 60 million holds 65,000 COUNTER or 120,000 ANONYMOUS logs; a GethNode can be given a higher one.
    """
    full, rest = divmod(count, _LOGS_A_TRANSACTION)
    return tuple(Step(kind, size) for size in [_LOGS_A_TRANSACTION] * full + [rest] * (rest > 0))


def plan_of_large_log(data_bytes: int) -> BlockPlan:
    """Return a plan of one event log with ``data_bytes`` of data (3 MB take about 50 million gas)."""
    return (Step(Kind.LARGE, data_bytes),)
