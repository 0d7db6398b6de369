"""Launching a driver, on this machine or on YARN: from options to its report."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from ethlogs.errors import ExitStatus
from ethlogs.notify import Notify
from ethlogs.run_folder import RunFolder
from ethlogs.settings import FollowSettings, RangeSettings, RunSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobKind
from ethlogs.settings.submission import StartOptions
from ethlogs.spark.java import Java, check_java, find_java
from ethlogs.spark.submit import Master, SparkSubmit, build_argv, choose_master, find_spark_submit, is_local
from ethlogs.submission.checked import check_node, check_spark, check_stream
from ethlogs.submission.console import Console, Outcome
from ethlogs.submission.folders import runs_folder
from ethlogs.submission.identity import Caller
from ethlogs.submission.launch_yarn import DRY_RUN, YarnLaunch
from ethlogs.submission.local import last_lines, run_locally


@dataclass(frozen=True)
class Tools:
    """What runs a driver."""

    java: Java
    spark: SparkSubmit
    master: Master


def find_tools(options: LaunchOptions) -> Tools:
    """Find Java, spark-submit and the master.

    Raises
    ------
    SettingsError
        When one of them is missing, or they do not go together.
    """
    settings = check_spark(options.spark)
    java = find_java(os.environ)
    spark = find_spark_submit(settings.spark_submit, os.environ)
    check_java(java, spark.version)
    return Tools(java, spark, choose_master(settings, spark, os.environ))


def launch(
    job: JobKind,
    options: LaunchOptions,
    heights: RangeSettings,
    follow: FollowSettings,
    start: StartOptions,
    console: Console,
) -> Outcome:
    """Run a job's driver and wait for its report, unless the user wants a dry run or ``--detach``."""
    tools = find_tools(options)
    master, spark = tools.master, tools.spark
    console.notify(f"master {master.url}: {master.why}")
    console.notify(f"spark-submit {spark.path} (Spark {spark.version}, Java {tools.java.version})")
    with open_caller(options, console.warn) as caller:
        settings = build_run_settings(job, options, heights, follow, caller, console.warn)
        base, name = runs_base(options), f"ethlogs {job.name} {settings.stream.topic}"
        if is_local(master.url):
            return _launch_here(settings, options, tools, base, name, start.dry_run, console)
        yarn = YarnLaunch(job, options, start, spark, tools.java.path, name, base)
        yarn.check(master.url, settings, console.warn)
        if start.dry_run:
            return Outcome(text=shlex.join(yarn.build_argv(settings)))
        return yarn.run(settings, caller, console)


def open_caller(options: LaunchOptions, warn: Notify) -> Caller:
    """Return who the command is; close it at the end."""
    return Caller(
        options.kerberos,
        warn,
        spark_submit=options.spark.spark_submit,
        proxy_user=options.yarn.proxy_user,
    )


def build_run_settings(
    job: JobKind,
    options: LaunchOptions,
    heights: RangeSettings,
    follow: FollowSettings,
    caller: Caller,
    warn: Notify,
) -> RunSettings:
    """Check every setting of a run. The run gets its id when its folder is made."""
    node = check_node(options.node, warn)
    identity = caller.identify(options.kafka, options.node.patience)
    return RunSettings(
        run=DRY_RUN,
        job=job.name,
        node=node,
        kafka=identity.kafka,
        stream=check_stream(options.stream),
        topics=options.topics,
        range=heights,
        follow=follow,
        timeout_seconds=options.limits.timeout,
        kerberos=identity.kerberos,
    )


def runs_base(options: LaunchOptions) -> Path:
    """Return the folder in which the folders of runs are made."""
    folder = options.run_folder.run_dir
    return Path(folder).absolute() if folder else runs_folder()


def _launch_here(
    settings: RunSettings,
    options: LaunchOptions,
    tools: Tools,
    base: Path,
    name: str,
    dry_run: bool,
    console: Console,
) -> Outcome:
    def argv(folder: Path) -> list[str]:
        return build_argv(tools.spark, options.spark, tools.master.url, name, folder)

    if dry_run:
        return Outcome(text=shlex.join(argv(base / DRY_RUN)))
    folder = RunFolder.create(base)
    console.notify(f"run {folder.run}, in {folder.path}")
    with console.display as display:
        report = run_locally(replace(settings, run=folder.run), folder, argv(folder.path), display.show)
    is_defect = report["exitStatus"] == ExitStatus.DEFECT
    return Outcome(
        report,
        output=folder.log.read_text(errors="replace") if options.output.verbose else None,
        last_lines=f"of {folder.log}:\n{last_lines(folder)}" if is_defect else None,
    )
