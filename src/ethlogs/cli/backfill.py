"""``ethlogs backfill``: history, by tasks on Spark's executors."""

from __future__ import annotations

from ethlogs.cli.command import command
from ethlogs.cli.running import run_job
from ethlogs.job_requests import BackfillCommandOptions, build_backfill
from ethlogs.run.report import format_report


@command(BackfillCommandOptions)
def backfill(options: BackfillCommandOptions) -> int:
    """Fill the blocks of a range that the stream lacks, in parallel on Spark's executors, exactly once.

    It runs before, after or beside produce, and writes only final blocks. Prints its report on stdout,
    progress on stderr.

    Example: ethlogs backfill --node-url http://geth:8545 --bootstrap-server kafka:9092 --from 1 --to 5000
    """
    return run_job(build_backfill(options), format_report)
