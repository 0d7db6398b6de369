"""``ethlogs produce``: the main job."""

from __future__ import annotations

from dataclasses import dataclass

import click

from ethlogs.cli.command import command
from ethlogs.cli.running import run_job
from ethlogs.jobs import ProduceJob
from ethlogs.report import format_report
from ethlogs.settings import FollowSettings, RangeSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobRequest
from ethlogs.settings.metrics import DriverMetricsOptions
from ethlogs.settings.submission import StartOptions


@dataclass(frozen=True)
class ProduceOptions(LaunchOptions):
    """The options of ``produce``."""

    range: RangeSettings
    follow: FollowSettings
    start: StartOptions
    metrics: DriverMetricsOptions


@command(ProduceOptions)
def produce(options: ProduceOptions) -> int:
    """Follow the chain and produce every event log, proven, exactly once.

    Resumes after the stream's tip; without --blocks or --to it runs until it is stopped. Prints its report
    on stdout, progress on stderr.

    Example: ethlogs produce --node-url http://geth:8545 --bootstrap-server kafka:9092 --blocks 5000
    """
    if options.range.blocks is not None and options.range.to is not None:
        raise click.UsageError("--blocks and --to exclude each other", click.get_current_context())
    request = JobRequest(
        ProduceJob.kind, options.range, options.follow, metrics_listen=options.metrics.listen
    )
    return run_job(request, options, format_report, options.start)
