"""``ethlogs produce``: the main job."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import click
import orjson

from ethlogs.cli import options
from ethlogs.cli.display import ProgressDisplay, say
from ethlogs.cli.options import setting
from ethlogs.errors import SettingsError
from ethlogs.report import format_report
from ethlogs.run_folder import RunFolder
from ethlogs.settings import FollowSettings, RangeSettings, RunSettings, TopicCreation
from ethlogs.spark.java import check_java, find_java
from ethlogs.spark.submit import SparkSettings, SparkSubmit, build_argv, choose_master, find_spark_submit
from ethlogs.submission import last_lines, run_locally

range_options = options.combined(
    setting("--blocks", type=click.IntRange(min=1), help="Produce exactly this many blocks."),
    setting("--to", type=click.IntRange(min=0), metavar="HEIGHT", help="Produce up to this block."),
    setting(
        "--start",
        type=options.StartHeight(),
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
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Stay this many blocks below the head.",
    ),
)


@click.command()
@options.node_options
@options.kafka_options
@options.stream_options
@range_options
@options.proof_option
@options.creation_options
@options.spark_options
@options.timeout_option
@options.json_option
@click.option("--dry-run", is_flag=True, help="Print the spark-submit line and run nothing.")
@options.verbosity_options
@options.config_option
def produce(dry_run: bool, as_json: bool, verbose: bool, quiet: bool, **given: Any) -> int:
    """Follow the chain and produce every event log, proven, exactly once.

    Goes on after the stream's tip. Prints the report on stdout.

    Example: ethlogs produce --node-url http://geth:8545 --bootstrap-server kafka:9092 --blocks 5000
    """
    spark_settings = _spark_settings(given)
    spark = find_spark_submit(spark_settings.spark_submit, os.environ)
    master = choose_master(spark_settings, spark, os.environ)
    say(f"master {master.url} ({master.why})", quiet)
    _check_master(master.url)
    _check_spark(spark, quiet)
    settings_for = _run_settings(given)
    name = f"ethlogs {given['topic']}"
    if dry_run:
        click.echo(shlex.join(build_argv(spark, spark_settings, master.url, name, _base(given) / "RUN")))
        return 0
    folder = RunFolder.create(_base(given))
    argv = build_argv(spark, spark_settings, master.url, name, folder.path)
    say(f"run {folder.run}, in {folder.path}", quiet)
    with ProgressDisplay(quiet) as display:
        report = run_locally(settings_for(folder.run), folder, argv, display.show)
    return _tell_report(report, folder, as_json, verbose)


def _tell_report(report: dict[str, Any], folder: RunFolder, as_json: bool, verbose: bool) -> int:
    if verbose:
        say(folder.log.read_text(errors="replace"))
    click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() if as_json else format_report(report))
    status = int(report["exitStatus"])
    if status:
        say(f"error: {report['error']}")
        if report["hint"]:
            say(f"what to do: {report['hint']}")
        if status == 1:
            say(f"the driver's last lines, of {folder.log}:\n{last_lines(folder)}")
    return status


def _spark_settings(given: dict[str, Any]) -> SparkSettings:
    return SparkSettings(
        spark_submit=given["spark_submit"],
        master=given["master"],
        driver_memory=given["driver_memory"],
        conf=tuple(given["conf"]),
        properties_file=given["properties_file"],
        name=given["name"],
    )


def _run_settings(given: dict[str, Any]) -> Any:
    """Check every setting now; the run's id comes later."""
    if given["blocks"] is not None and given["to"] is not None:
        raise click.UsageError("--blocks and --to exclude each other", click.get_current_context())
    node = options.node_settings(given["node_url"], given["node_timeout"], given["patience"])
    kafka = options.kafka_settings(given["bootstrap_server"], given["kafka_config"], given["patience"])
    stream = options.stream_settings(given["topic"], given["ledger_topic"])
    return lambda run: RunSettings(
        run=run,
        node=node,
        kafka=kafka,
        stream=stream,
        topics=TopicCreation(given["create_topics"], given["partitions"], given["replication_factor"]),
        range=RangeSettings(given["blocks"], given["to"], given["start"], given["allow_gap"]),
        follow=FollowSettings(given["head"], given["confirmations"], given["proof"]),
        timeout_seconds=given["timeout"],
    )


def _check_master(master: str) -> None:
    if not master.startswith("local"):
        raise SettingsError(
            f"this version of ethlogs runs its driver on this machine only, not on the master {master}",
            hint="give --master local[*]",
        )


def _check_spark(spark: SparkSubmit, quiet: bool) -> None:
    java = find_java(os.environ)
    check_java(java, spark.version)
    say(f"spark-submit {spark.path} (Spark {spark.version}, Java {java.version})", quiet)


def _base(given: dict[str, Any]) -> Path:
    if given["run_dir"]:
        return Path(given["run_dir"]).absolute()
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ethlogs" / "runs"
