"""``ethlogs smoketest``: one block end to end, for CI scripts."""

from __future__ import annotations

from functools import partial

from ethlogs.cli.command import command
from ethlogs.cli.running import run_job
from ethlogs.job_requests import SmoketestOptions, build_smoketest
from ethlogs.run.smoketest_report import format_smoketest


@command(SmoketestOptions)
def smoketest(options: SmoketestOptions) -> int:
    """Take one block end to end: prove it, produce it, read it back and compare.

    It writes to a separate topic (--topic + .smoketest) and to no stream. It checks the stream's topics,
    their settings and the rights on them without writing to them. The exit status is 0 when all of this
    succeeds, 10 when a record that was read differs from the one that was sent. With -v it prints the
    producer's metrics.

    Example: ethlogs smoketest --node-url http://geth:8545 --bootstrap-server kafka:9092 --timeout 120
    """
    return run_job(build_smoketest(options), partial(format_smoketest, with_metrics=options.output.verbose))
