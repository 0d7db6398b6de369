"""The needs of a driver's job, which submitter and driver both have to know."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.settings.backfill import BackfillSettings
from ethlogs.settings.metrics import Address
from ethlogs.settings.stream import FollowSettings, RangeSettings


@dataclass(frozen=True)
class JobKind:
    """One kind of job; each job's class has one."""

    name: str
    writes_stream: bool = False
    """Whether it writes to the stream: there is one such application for each stream."""

    follows: bool = False
    """Whether it continues until somebody ends it, where neither blocks nor a time limit are given."""

    fills_history: bool = False
    """Whether its blocks are those that the ledger lacks of a range, and not those after the tip."""

    needs_executors: bool = False
    """Whether it works on Spark's executors; other jobs hold none unless the user asks for some."""


PRODUCE = JobKind("produce", writes_stream=True, follows=True)
BACKFILL = JobKind("backfill", writes_stream=True, fills_history=True, needs_executors=True)
SMOKETEST = JobKind("smoketest")
CHECKUP = JobKind("doctor")


@dataclass(frozen=True)
class JobRequest:
    """The request of a command to a job."""

    kind: JobKind
    range: RangeSettings = RangeSettings()
    follow: FollowSettings = FollowSettings()
    backfill: BackfillSettings = BackfillSettings()
    metrics_listen: Address | None = None
