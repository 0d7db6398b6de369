"""``ethlogs smoketest``: one block end to end, for CI scripts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ethlogs.cli.command import command
from ethlogs.cli.running import run_job
from ethlogs.settings import FollowSettings, ProofSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobRequest
from ethlogs.smoketest import Smoketest, format_smoketest


@dataclass(frozen=True)
class SmoketestOptions(LaunchOptions):
    """The options of ``smoketest``."""

    proof: ProofSettings


@command(SmoketestOptions)
def smoketest(options: SmoketestOptions) -> int:
    """Send one block end to end, read it back and compare.

    With -v the producer's metrics are printed.
    It writes to its own topic (--topic followed by .smoketest) and to no stream. It checks the production
    topics, their settings and the rights on them without writing to them. The exit status is 0 when all is
    well, 10 when what was read differs from what was sent.

    Example: ethlogs smoketest --node-url http://geth:8545 --bootstrap-server kafka:9092 --timeout 120
    """
    request = JobRequest(Smoketest.kind, follow=FollowSettings(proof=options.proof))
    return run_job(request, options, partial(format_smoketest, with_metrics=options.output.verbose))
