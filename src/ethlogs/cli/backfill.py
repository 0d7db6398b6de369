"""``ethlogs backfill``: history, by tasks on Spark's executors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import click

from ethlogs.cli.command import command
from ethlogs.cli.running import run_job
from ethlogs.jobs import BackfillJob
from ethlogs.report import format_report
from ethlogs.settings import FollowSettings
from ethlogs.settings.backfill import BackfillOptions, BackfillSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobRequest
from ethlogs.settings.metrics import DriverMetricsOptions
from ethlogs.settings.submission import StartOptions


@dataclass(frozen=True)
class BackfillCommandOptions(LaunchOptions):
    """The options of ``backfill``."""

    backfill: BackfillOptions
    start: StartOptions
    metrics: DriverMetricsOptions


@command(BackfillCommandOptions)
def backfill(options: BackfillCommandOptions) -> int:
    """Fill what the stream lacks of a range, in parallel on Spark's executors, exactly once.

    Before, after or beside produce; only final blocks. A second call finds nothing to do. Prints its report
    on stdout, progress on stderr.

    Example: ethlogs backfill --node-url http://geth:8545 --bootstrap-server kafka:9092 --from 1 --to 5000
    """
    wanted = options.backfill
    topics = options.topics
    if topics.create and topics.partitions is None:
        # The broker's default is often one partition, which would hold all of history for ever. Topics that
        # are there already are as good as any.
        options = replace(options, topics=replace(topics, create=False))
    first, last = wanted.heights.first, wanted.heights.to
    if first is not None and last is not None and last < first:
        raise click.UsageError("--to is below --from", click.get_current_context())
    confirmations = wanted.final.confirmations
    request = JobRequest(
        BackfillJob.kind,
        follow=FollowSettings(
            head="latest" if confirmations else "finalized", confirmations=confirmations, proof=wanted.proof
        ),
        backfill=BackfillSettings(first, last, wanted.share.node_requests),
        metrics_listen=options.metrics.listen,
    )
    return run_job(request, options, format_report, options.start)
