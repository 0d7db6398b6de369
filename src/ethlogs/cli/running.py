"""What produce and smoketest share: from options to a driver that spark-submit runs, and its report."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from ethlogs.cli import options
from ethlogs.cli.display import ProgressDisplay, say
from ethlogs.errors import ExitStatus, SettingsError
from ethlogs.run_folder import RunFolder
from ethlogs.settings import FollowSettings, Job, RangeSettings, RunSettings, TopicCreation
from ethlogs.spark.java import check_java, find_java
from ethlogs.spark.submit import SparkSettings, build_argv, choose_master, find_spark_submit
from ethlogs.submission import last_lines, run_locally


@dataclass(frozen=True)
class Output:
    """How a command talks."""

    as_json: bool
    verbose: bool
    quiet: bool


def run_job(
    job: Job,
    given: dict[str, Any],
    heights: RangeSettings,
    follow: FollowSettings,
    output: Output,
    format_report: Callable[[dict[str, Any]], str],
    dry_run: bool = False,
) -> int:
    """Run a job by spark-submit and print its report; returns the exit status."""
    spark_settings = _spark_settings(given)
    java = find_java(os.environ)
    spark = find_spark_submit(spark_settings.spark_submit, os.environ)
    check_java(java, spark.version)
    master = choose_master(spark_settings, spark, os.environ)
    say(f"master {master.url}: {master.why}", output.quiet)
    _check_master(master.url)
    say(f"spark-submit {spark.path} (Spark {spark.version}, Java {java.version})", output.quiet)
    settings = _run_settings(job, given, heights, follow)
    name = f"ethlogs {job} {given['topic']}"
    if dry_run:
        click.echo(shlex.join(build_argv(spark, spark_settings, master.url, name, _base(given) / "RUN")))
        return ExitStatus.DONE
    folder = RunFolder.create(_base(given))
    argv = build_argv(spark, spark_settings, master.url, name, folder.path)
    say(f"run {folder.run}, in {folder.path}", output.quiet)
    with ProgressDisplay(output.quiet) as display:
        report = run_locally(settings(folder.run), folder, argv, display.show)
    return _tell_report(report, folder, output, format_report)


def _tell_report(
    report: dict[str, Any], folder: RunFolder, output: Output, format_report: Callable[[dict[str, Any]], str]
) -> int:
    if output.verbose:
        say(folder.log.read_text(errors="replace"))
    json_text = orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()
    click.echo(json_text if output.as_json else format_report(report))
    status = int(report["exitStatus"])
    if status:
        say(f"error: {report['error']}")
        if report["hint"]:
            say(f"what to do: {report['hint']}")
        if status == ExitStatus.DEFECT:
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


def _run_settings(
    job: Job, given: dict[str, Any], heights: RangeSettings, follow: FollowSettings
) -> Callable[[str], RunSettings]:
    """Check every setting now; the run's id comes later."""
    node = options.node_settings(given["node_url"], given["node_timeout"], given["patience"])
    kafka = options.kafka_settings(given["bootstrap_server"], given["kafka_config"], given["patience"])
    stream = options.stream_settings(given["topic"], given["ledger_topic"])
    creation = TopicCreation(given["create_topics"], given["partitions"], given["replication_factor"])
    timeout_seconds = given["timeout"]
    return lambda run: RunSettings(
        run=run,
        job=job,
        node=node,
        kafka=kafka,
        stream=stream,
        topics=creation,
        range=heights,
        follow=follow,
        timeout_seconds=timeout_seconds,
    )


def _check_master(master: str) -> None:
    if not master.startswith("local"):
        raise SettingsError(
            f"this version of ethlogs runs its driver on this machine only, not on the master {master}",
            hint="give --master local[*]",
        )


def _base(given: dict[str, Any]) -> Path:
    if given["run_dir"]:
        return Path(given["run_dir"]).absolute()
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ethlogs" / "runs"
