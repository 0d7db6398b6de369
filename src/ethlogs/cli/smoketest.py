"""``ethlogs smoketest``: one block end to end, for CI scripts."""

from __future__ import annotations

from functools import partial

from ethlogs.cli.command import command
from ethlogs.cli.running import run_job
from ethlogs.job_requests import SmoketestOptions, build_smoketest
from ethlogs.smoketest import format_smoketest


@command(SmoketestOptions)
def smoketest(options: SmoketestOptions) -> int:
    """Send one block end to end, read it back and compare.

    With -v the producer's metrics are printed.
    It writes to its own topic (--topic followed by .smoketest) and to no stream. It checks the production
    topics, their settings and the rights on them without writing to them. The exit status is 0 when all is
    well, 10 when what was read differs from what was sent.

    Example: ethlogs smoketest --node-url http://geth:8545 --bootstrap-server kafka:9092 --timeout 120
    """
    return run_job(build_smoketest(options), partial(format_smoketest, with_metrics=options.output.verbose))
