"""Launching a driver, on this machine or on YARN: from options to its report."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from ethlogs.errors import SettingsError
from ethlogs.notify import Notify
from ethlogs.private_files import names_secret
from ethlogs.settings import RunSettings, display_url
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobKind, JobRequest
from ethlogs.settings.submission import RunFolderOptions, StartOptions
from ethlogs.spark.java import Java, check_java, find_java
from ethlogs.spark.submit import (
    Master,
    SparkSubmit,
    choose_master,
    describe_ignored_python,
    find_spark_home,
    find_spark_submit,
    is_local,
    read_configured,
)
from ethlogs.submission.checked import check_node, check_spark, check_stream
from ethlogs.submission.console import Console, Outcome
from ethlogs.submission.folders import runs_folder
from ethlogs.submission.identity import Caller
from ethlogs.submission.launch_local import LocalLaunch
from ethlogs.submission.launch_yarn import DRY_RUN, YarnLaunch, has_no_end
from ethlogs.submission.left_here import remove_left_here
from ethlogs.submission.selection import check_selection


@dataclass(frozen=True)
class Tools:
    """The programs that run a driver."""

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
    check_java(java, spark.version, find_spark_home(spark))
    return Tools(java, spark, choose_master(settings, spark, os.environ))


def launch(
    request: JobRequest,
    options: LaunchOptions,
    start: StartOptions,
    console: Console,
    look_first: Callable[[RunSettings, Notify | None], None],
) -> Outcome:
    """Run a job's driver and wait for its report, unless the user wants a dry run or ``--detach``.

    ``look_first`` raises what would end a run of a stream at once, and warns of what a driver on YARN would
    meet much later.
    """
    tools = find_tools(options)
    master, spark = tools.master, tools.spark
    console.notify(f"master {master.url}: {master.why}")
    console.notify(f"spark-submit {spark.path} (Spark {spark.version}, Java {tools.java.version})")
    configured = read_configured(options.spark, spark, os.environ)
    for name in _secrets_on_the_line(options):
        console.warn(
            f"warning: --conf {name} may be a secret, and everybody on this machine can read spark-submit's"
            " command line; put it into a file of --properties-file that others cannot read"
        )
    ignored = describe_ignored_python(configured, options.spark)
    if ignored is not None:
        console.notify(ignored)
    with open_caller(options, console.warn) as caller:
        settings = build_run_settings(request, options, caller, console.warn)
        settings = replace(settings, replace=start.replace)
        base, name = runs_base(options.run_folder), f"ethlogs {request.kind.name} {settings.stream.topic}"
        if not start.dry_run:
            _remove_left(base, console)
        if is_local(master.url):
            _refuse_livy(options, master)
            here = LocalLaunch(options, spark, master.url, name, base, configured)
            if start.dry_run:
                plan = {"command": here.build_argv(settings)}
                return _describe(request.kind, settings, plan, console)
            if request.kind.writes_stream:
                look_first(settings, None)
            return (here.start if start.detach else here.run)(settings, console)
        yarn = YarnLaunch(request.kind, options, start, spark, tools.java.path, name, base)
        yarn.check(master.url, settings, console.warn)
        if start.dry_run:
            return _describe(request.kind, settings, yarn.build_plan(settings), console)
        if request.kind.writes_stream:
            look_first(settings, console.warn)
        return yarn.run(settings, caller, console)


def _secrets_on_the_line(options: LaunchOptions) -> list[str]:
    """Return the names of settings that spark-submit gets as arguments, wherever the user wrote them."""
    return [name for name, _ in options.spark.conf if names_secret(name)]


def _remove_left(base: Path, console: Console) -> None:
    left = remove_left_here(base)
    if left:
        console.notify(f"removed settings and keys that killed runs have left: {', '.join(left)}")


def _refuse_livy(options: LaunchOptions, master: Master) -> None:
    if options.yarn.livy_url is not None:
        raise SettingsError(
            f"--livy-url submits to YARN, and the master is {master.url}: {master.why}",
            hint="give --master yarn and HADOOP_CONF_DIR, or leave --livy-url out",
            flag="--livy-url",
        )


def _describe(job: JobKind, settings: RunSettings, plan: dict[str, Any], console: Console) -> Outcome:
    """Say what a run would do: the line itself has none of the run's settings."""
    stream = settings.stream
    console.notify(
        f"stream {stream.topic}, ledger {stream.ledger_topic}, on {settings.kafka.bootstrap_servers}"
    )
    console.notify(f"node {', '.join(display_url(url) for url in settings.node.urls)}")
    blocks = _describe_history(settings) if job.fills_history else _describe_range(job, settings)
    console.notify(f"blocks: {blocks}")
    return Outcome(text=_to_text(plan), plan=plan)


def _to_text(plan: dict[str, Any]) -> str:
    """Format a dry run: the spark-submit line, or the request to Livy."""
    if "command" in plan:
        return shlex.join(plan["command"])
    return orjson.dumps(plan["livyBatch"], option=orjson.OPT_INDENT_2).decode()


def _describe_range(job: JobKind, settings: RunSettings) -> str:
    wanted = settings.range
    text = f"a new stream begins at {wanted.start or 'latest'}, an existing one resumes after its tip"
    if wanted.blocks is not None:
        text = f"{wanted.blocks} blocks; {text}"
    elif wanted.to is not None:
        text = f"up to block {wanted.to}; {text}"
    return f"{text}{'; no end' if has_no_end(job, settings) else ''}"


def _describe_history(settings: RunSettings) -> str:
    wanted = settings.backfill
    last = "the followed part, or the newest final block" if wanted.to is None else f"block {wanted.to}"
    return f"what the ledger lacks from block {wanted.first or 0} to {last}"


def open_caller(options: LaunchOptions, warn: Notify) -> Caller:
    """Return who the command is; close it at the end."""
    return Caller(
        options.kerberos,
        warn,
        spark_submit=options.spark.spark_submit,
        proxy_user=options.yarn.proxy_user,
    )


def build_run_settings(
    request: JobRequest, options: LaunchOptions, caller: Caller, warn: Notify
) -> RunSettings:
    """Check every setting of a run. The run gets its id when its folder is made."""
    node = check_node(options.node, warn)
    identity = caller.identify(options.kafka, options.node.patience)
    return RunSettings(
        run=DRY_RUN,
        job=request.kind.name,
        node=node,
        kafka=identity.kafka,
        stream=check_stream(options.stream),
        topics=options.topics,
        selection=check_selection(options.selection),
        range=request.range,
        follow=request.follow,
        backfill=request.backfill,
        timeout_seconds=options.limits.timeout,
        metrics_listen=request.metrics_listen,
        kerberos=identity.kerberos,
    )


def runs_base(options: RunFolderOptions) -> Path:
    """Return the folder in which the folders of runs are made."""
    folder = options.run_dir
    return Path(folder).absolute() if folder else runs_folder()
