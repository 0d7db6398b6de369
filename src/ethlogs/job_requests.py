"""The jobs that a user starts: the options of each, and what they ask of its driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ethlogs.errors import UsageError
from ethlogs.settings import FollowSettings, ProofSettings, RangeSettings
from ethlogs.settings.backfill import BackfillOptions, BackfillSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import BACKFILL, PRODUCE, SMOKETEST, JobRequest
from ethlogs.settings.metrics import DriverMetricsOptions
from ethlogs.settings.submission import StartOptions


@dataclass(frozen=True)
class ProduceOptions(LaunchOptions):
    """The options of ``produce``."""

    range: RangeSettings
    follow: FollowSettings
    start: StartOptions
    metrics: DriverMetricsOptions


@dataclass(frozen=True)
class BackfillCommandOptions(LaunchOptions):
    """The options of ``backfill``."""

    backfill: BackfillOptions
    start: StartOptions
    metrics: DriverMetricsOptions


@dataclass(frozen=True)
class SmoketestOptions(LaunchOptions):
    """The options of ``smoketest``."""

    proof: ProofSettings


@dataclass(frozen=True)
class WantedJob:
    """A job to be started."""

    request: JobRequest
    options: LaunchOptions
    start: StartOptions = StartOptions()  # noqa: RUF009 - frozen


@dataclass(frozen=True)
class Startable:
    """A job that can be started by its name."""

    options: type[LaunchOptions]
    build: Callable[[Any], WantedJob]


def build_produce(options: ProduceOptions) -> WantedJob:
    """Build what ``produce`` asks for.

    Raises
    ------
    UsageError
        When both ``--blocks`` and ``--to`` are given, or the range ends before it begins.
    """
    wanted = options.range
    if wanted.blocks is not None and wanted.to is not None:
        raise UsageError("--blocks and --to exclude each other", hint="give one of them")
    if wanted.to is not None and wanted.start is not None and wanted.start.isdecimal():
        _check_order("--start", int(wanted.start), wanted.to)
    request = JobRequest(PRODUCE, wanted, options.follow, metrics_listen=options.metrics.listen)
    return WantedJob(request, options, options.start)


def build_backfill(options: BackfillCommandOptions) -> WantedJob:
    """Build what ``backfill`` asks for.

    Raises
    ------
    UsageError
        When the range ends before it begins, or no executor would do the work.
    """
    wanted = options.backfill
    if options.yarn.num_executors == 0:
        raise UsageError(
            "--num-executors is 0, and a backfill's tasks run on executors alone",
            hint="give 1 or more, or leave the option out for Spark's own setting",
        )
    topics = options.topics
    if topics.create and topics.partitions is None:
        # The broker's default is often one partition, which would hold all of history for ever. Topics that
        # are there already are as good as any.
        options = replace(options, topics=replace(topics, create=False))
    first, last = wanted.heights.first, wanted.heights.to
    if first is not None and last is not None:
        _check_order("--from", first, last)
    confirmations = wanted.final.confirmations
    request = JobRequest(
        BACKFILL,
        follow=FollowSettings(
            head="latest" if confirmations else "finalized", confirmations=confirmations, proof=wanted.proof
        ),
        backfill=BackfillSettings(first, last, wanted.share.node_requests, wanted.parts.part_blocks),
        metrics_listen=options.metrics.listen,
    )
    return WantedJob(request, options, options.start)


def _check_order(flag: str, first: int, last: int) -> None:
    if last < first:
        raise UsageError(
            f"--to is below {flag}", hint=f"{flag} is the first block of the range, --to the last"
        )


def build_smoketest(options: SmoketestOptions) -> WantedJob:
    """Build what ``smoketest`` asks for."""
    return WantedJob(JobRequest(SMOKETEST, follow=FollowSettings(proof=options.proof)), options)


STARTABLE: Mapping[str, Startable] = {
    PRODUCE.name: Startable(ProduceOptions, build_produce),
    BACKFILL.name: Startable(BackfillCommandOptions, build_backfill),
    SMOKETEST.name: Startable(SmoketestOptions, build_smoketest),
}
