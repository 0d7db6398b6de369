"""``ethlogs smoketest``: one block end to end, for CI scripts."""

from __future__ import annotations

from typing import Any

import click

from ethlogs.cli import options
from ethlogs.cli.launching import Output
from ethlogs.cli.running import run_job
from ethlogs.settings import FollowSettings, ProofSettings, RangeSettings
from ethlogs.smoketest import format_smoketest


@click.command()
@options.node_options
@options.kafka_options
@options.kerberos_options
@options.stream_options
@options.proof_options
@options.creation_options
@options.spark_options
@options.yarn_options
@options.pack_options
@options.timeout_option
@options.json_option
@options.verbosity_options
@options.config_option
def smoketest(proof: ProofSettings, as_json: bool, verbose: bool, quiet: bool, **given: Any) -> int:
    """Send one block through the whole road, read it back and compare; then the producer's metrics.

    It writes to a topic of its own (--topic with .smoketest behind it) and to no stream, and checks the
    production topics, their settings and the rights on them without writing to them. The exit status is
    0 when all is well, 10 when what was read differs from what was sent.

    Example: ethlogs smoketest --node-url http://geth:8545 --bootstrap-server kafka:9092 --timeout 120
    """
    follow = FollowSettings(proof=proof)
    output = Output(as_json, verbose, quiet)
    return run_job("smoketest", given, RangeSettings(), follow, output, format_smoketest)
