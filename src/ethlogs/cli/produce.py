"""``ethlogs produce``: the main job."""

from __future__ import annotations

from ethlogs.cli.command import command
from ethlogs.cli.running import run_job
from ethlogs.job_requests import ProduceOptions, build_produce
from ethlogs.run.report import format_report


@command(ProduceOptions)
def produce(options: ProduceOptions) -> int:
    """Follow the chain and produce every event log, proven, exactly once.

    It resumes after the stream's newest block. Without --blocks or --to it runs until it is stopped. Prints
    its report on stdout, progress on stderr.

    Example: ethlogs produce --node-url http://geth:8545 --bootstrap-server kafka:9092 --blocks 5000
    """
    return run_job(build_produce(options), format_report)
