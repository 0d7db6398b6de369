"""What produce and smoketest share: from options to a driver that spark-submit runs, and its report."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ethlogs.cli import options
from ethlogs.cli.display import ProgressDisplay, say
from ethlogs.cli.folders import runs_folder
from ethlogs.cli.launching import FormatReport, Launch, Output, tell_report
from ethlogs.cli.origin import with_origin
from ethlogs.cli.running_on_yarn import check_yarn, print_yarn_argv, run_there
from ethlogs.cli.security import identity
from ethlogs.errors import ExitStatus, SettingsError
from ethlogs.run_folder import RunFolder
from ethlogs.settings import FollowSettings, Job, RangeSettings, RunSettings, TopicCreation
from ethlogs.spark.java import check_java, find_java
from ethlogs.spark.submit import SparkSettings, build_argv, choose_master, find_spark_submit, is_local
from ethlogs.submission.local import last_lines, run_locally


def run_job(
    job: Job,
    given: dict[str, Any],
    heights: RangeSettings,
    follow: FollowSettings,
    output: Output,
    format_report: FormatReport,
    dry_run: bool = False,
) -> int:
    """Run a job by spark-submit and print its report; returns the exit status."""
    chosen = spark_settings(given)
    java = find_java(os.environ)
    spark = find_spark_submit(chosen.spark_submit, os.environ)
    check_java(java, spark.version)
    master = choose_master(chosen, spark, os.environ)
    say(f"master {master.url}: {master.why}", output.quiet)
    say(f"spark-submit {spark.path} (Spark {spark.version}, Java {java.version})", output.quiet)
    settings = _run_settings(job, given, heights, follow)
    name = f"ethlogs {job} {given['topic']}"
    launch = Launch(settings, spark, chosen, java.path, name, _base(given), output)
    if is_local(master.url):
        return _run_here(launch, master.url, format_report, dry_run)
    check_yarn(master.url, given)
    if dry_run:
        return print_yarn_argv(launch, given)
    return run_there(launch, given, format_report)


def _run_here(launch: Launch, master: str, format_report: FormatReport, dry_run: bool) -> int:
    spark, chosen, output = launch.spark, launch.spark_settings, launch.output
    if dry_run:
        click.echo(shlex.join(build_argv(spark, chosen, master, launch.name, launch.base / "RUN")))
        return ExitStatus.DONE
    folder = RunFolder.create(launch.base)
    argv = build_argv(spark, chosen, master, launch.name, folder.path)
    say(f"run {folder.run}, in {folder.path}", output.quiet)
    with ProgressDisplay(output.quiet) as display:
        report = run_locally(launch.settings(folder.run), folder, argv, display.show)
    if output.verbose:
        say(folder.log.read_text(errors="replace"))
    status = tell_report(report, output, format_report)
    if status == ExitStatus.DEFECT:
        say(f"the driver's last lines, of {folder.log}:\n{last_lines(folder)}")
    return status


def spark_settings(given: dict[str, Any]) -> SparkSettings:
    """What spark-submit is told, from the options."""
    file = given["properties_file"]
    if file and not Path(file).is_file():
        raise SettingsError(f"{with_origin('--properties-file')} {file} does not exist")
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
    node = options.node_settings(**{name: given[name] for name in options.NODE_SETTINGS})
    found = identity(given)
    stream = options.stream_settings(given["topic"])
    creation = TopicCreation(given["create_topics"], given["partitions"], given["replication_factor"])
    timeout_seconds = given["timeout"]
    return lambda run: RunSettings(
        run=run,
        job=job,
        node=node,
        kafka=found.kafka,
        stream=stream,
        topics=creation,
        range=heights,
        follow=follow,
        timeout_seconds=timeout_seconds,
        kerberos=found.kerberos,
    )


def _base(given: dict[str, Any]) -> Path:
    return Path(given["run_dir"]).absolute() if given["run_dir"] else runs_folder()
