"""``ethlogs produce``: the main job."""

from __future__ import annotations

from typing import Any

import click

from ethlogs.cli import options
from ethlogs.cli.launching import Output
from ethlogs.cli.options import setting
from ethlogs.cli.running import run_job
from ethlogs.cli.values import Count, StartHeight
from ethlogs.report import format_report
from ethlogs.settings import FollowSettings, Head, ProofSettings, RangeSettings

range_options: options.Decorator[Any] = options.combined(
    setting("--blocks", type=Count(min=1), help="Produce exactly this many blocks."),
    setting("--to", type=Count(min=0), metavar="HEIGHT", help="Produce up to this block."),
    setting(
        "--start",
        type=StartHeight(),
        help="Where a new stream begins. [default: latest; an existing stream goes on after its tip]",
    ),
    setting("--allow-gap", is_flag=True, help="Let --start jump ahead of the tip; the gap is recorded."),
    setting(
        "--head",
        type=click.Choice(["latest", "safe", "finalized"]),
        default="latest",
        show_default=True,
        help="Follow the chain up to this block.",
    ),
    setting(
        "--confirmations",
        type=Count(min=0),
        default=0,
        show_default=True,
        help="Stay this many blocks below the head.",
    ),
    setting(
        "--reorg-window",
        type=Count(min=1),
        default=128,
        show_default=True,
        metavar="BLOCKS",
        help="Retract reorgs up to this depth; a deeper one ends the run.",
    ),
    setting("--rewind", is_flag=True, help="Retract a deeper reorg too, but nothing that is finalized."),
)


@click.command()
@options.node_options
@options.kafka_options
@options.kerberos_options
@options.stream_options
@range_options
@options.proof_options
@options.creation_options
@options.spark_options
@options.yarn_options
@options.pack_options
@options.timeout_option
@options.json_option
@setting("--detach", is_flag=True, help="On YARN: print the application's id and do not wait.")
@setting("--replace", is_flag=True, help="On YARN: stop the stream's other application first.")
@click.option("--dry-run", is_flag=True, help="Print the spark-submit line and run nothing.")
@options.verbosity_options
@options.config_option
def produce(
    blocks: int | None,
    to: int | None,
    start: str | None,
    allow_gap: bool,
    head: Head,
    confirmations: int,
    reorg_window: int,
    rewind: bool,
    proof: ProofSettings,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Follow the chain and produce every event log, proven, exactly once.

    Goes on after the stream's tip; without --blocks or --to until it is ended. Prints its report on
    stdout, progress on stderr.

    Example: ethlogs produce --node-url http://geth:8545 --bootstrap-server kafka:9092 --blocks 5000
    """
    if blocks is not None and to is not None:
        raise click.UsageError("--blocks and --to exclude each other", click.get_current_context())
    heights = RangeSettings(blocks, to, start, allow_gap)
    follow = FollowSettings(head, confirmations, proof, reorg_window, rewind)
    output = Output(as_json, verbose, quiet)
    return run_job("produce", given, heights, follow, output, format_report, dry_run)
