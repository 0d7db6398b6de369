"""``ethlogs status``: where a stream stands."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import click
import msgspec
import orjson

from ethlogs.cli.command import command
from ethlogs.cli.say import say
from ethlogs.cli.user_end import until_user_ends
from ethlogs.errors import (
    ExitStatus,
    KafkaUnavailableError,
    KerberosError,
    NodeUnavailableError,
    SettingsError,
    SubmissionError,
    TopicError,
)
from ethlogs.hadoop.client import Hadoop, is_cluster_configured
from ethlogs.run.waiting import format_waiting
from ethlogs.settings import KafkaOptions, KerberosOptions, NodeOptions, NodeSettings, StreamSettings
from ethlogs.settings.output import LagOptions, OutputOptions, WatchOptions
from ethlogs.settings.submission import ApplicationOptions, HdfsOptions, RunFolderOptions, SparkProgram
from ethlogs.status import StreamStatus, fetch_status, format_status, seen_since, summarize
from ethlogs.submission.applications import Wanted, find_application, job_of, open_cluster
from ethlogs.submission.checked import check_node, check_stream
from ethlogs.submission.identity import Caller
from ethlogs.submission.launch import runs_base
from ethlogs.submission.local_runs import WantedRuns
from ethlogs.submission.progress import (
    Pace,
    find_end_on_yarn,
    find_pace_here,
    find_pace_on_yarn,
    format_pace,
)

_WATCH_SECONDS = 3.0

# An alert must not wait for minutes: what does not answer at once is an answer.
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class StatusOptions:
    """The options of ``status``."""

    node: NodeOptions
    kafka: KafkaOptions
    kerberos: KerberosOptions
    stream: StreamSettings
    limits: LagOptions
    application: ApplicationOptions
    hdfs: HdfsOptions
    spark: SparkProgram
    run_folder: RunFolderOptions
    watch: WatchOptions
    output: OutputOptions


class Runner(NamedTuple):
    """The run that works on the stream."""

    application: dict[str, Any] | None
    """``None`` where there is no cluster."""
    pace: Pace | None
    """``None`` where no run can be seen from here."""


FindRunner = Callable[[], Runner]


@command(StatusOptions)
def status(options: StatusOptions) -> int:
    """Show a stream's tip, its age, its lag behind the node, the run that holds it, and its application.

    For alerts: with --max-lag or --max-age the exit status is 10 when a limit is exceeded, and --watch ends
    then. The lag counts from the block that the stream's run follows, with --head finalized from the
    finalized one.

    Example: ethlogs status --node-url http://geth:8545 --bootstrap-server kafka:9092 --max-lag 10
    """
    limits, as_json = options.limits, options.output.as_json
    with Caller(options.kerberos, say, spark_submit=options.spark.spark_submit) as caller:
        identity = caller.identify(options.kafka, options.node.patience)
        stream, node = check_stream(options.stream), _check_node(options)
        with identity.ticket(), _find_runner(options, caller) as find_runner:
            look = partial(fetch_status, identity.kafka, stream, node)
            try:
                stream_status = look()
            except TopicError:
                _tell_waiting(find_runner())
                raise
            _show(stream_status, find_runner(), as_json)
            exceeded = stream_status.exceeded(limits.max_lag, limits.max_age)
            with until_user_ends(
                lambda: f"stopped watching; {summarize(stream_status)}", options.output.quiet
            ):
                while options.watch.watch and not exceeded:
                    time.sleep(_WATCH_SECONDS)
                    try:
                        stream_status = seen_since(stream_status, look())
                    except (NodeUnavailableError, KafkaUnavailableError) as exc:
                        say(f"{exc}; asking again")
                        continue
                    _show(stream_status, find_runner(), as_json)
                    exceeded = stream_status.exceeded(limits.max_lag, limits.max_age)
    for sentence in exceeded:
        say(f"error: {sentence}")
    return ExitStatus.DIFFERENCE if exceeded else ExitStatus.DONE


def _check_node(options: StatusOptions) -> NodeSettings | None:
    if options.node.urls:
        patience = min(options.node.patience, _PATIENCE_SECONDS)
        return check_node(replace(options.node, patience=patience), say)
    if options.limits.max_lag is not None:
        raise click.UsageError("--max-lag needs --node-url", click.get_current_context())
    return None


def _tell_waiting(runner: Runner) -> None:
    """Say why there is no stream yet, where a run waits for something before it begins one."""
    pace = runner.pace
    if pace is not None and pace.waiting is not None:
        say(f"the run {pace.run} is {format_waiting(pace.waiting, time.time())}")
    elif runner.application is not None and runner.application.get("why"):
        say(f"the application {runner.application['id']} has ended: {runner.application['why']}")


def _show(status: StreamStatus, runner: Runner, as_json: bool) -> None:
    if as_json:
        answer = {
            **status.to_dict(),
            "pace": msgspec.to_builtins(runner.pace),
            "application": runner.application,
        }
        click.echo(orjson.dumps(answer).decode())
        return
    click.echo(format_status(status))
    if runner.pace is not None:
        click.echo(format_pace(runner.pace))
    if runner.application is not None:
        shown = {name: value for name, value in runner.application.items() if value}
        why = shown.pop("why", None)
        click.echo(f"{'application':14}{', '.join(map(str, shown.values()))}")
        if why is not None:
            click.echo(f"{'it ended':14}{why}")


@contextlib.contextmanager
def _find_runner(options: StatusOptions, caller: Caller) -> Iterator[FindRunner]:
    """Yield how to look up what works on the stream, on this machine and on the cluster."""
    which = options.application

    def look_here() -> Runner:
        wanted = WantedRuns(options.stream.topic, options.kafka.bootstrap_server, which.job)
        return Runner(None, find_pace_here(runs_base(options.run_folder), wanted))

    if not which.application and not is_cluster_configured(os.environ):
        yield look_here
        return
    with contextlib.ExitStack() as stack:
        try:
            hadoop = stack.enter_context(open_cluster(caller, options.spark.spark_submit))
        except (SettingsError, SubmissionError) as exc:
            # A cluster that cannot be asked says nothing about the stream.
            say(f"warning: the application is not shown: {exc}", options.output.quiet)
            yield look_here
            return
        wanted = Wanted(which.application, options.kafka, options.stream, which.job)
        yield partial(_look_on_yarn, hadoop, wanted, options.hdfs.hdfs_dir, look_here)


def _look_on_yarn(hadoop: Hadoop, wanted: Wanted, hdfs_dir: str | None, look_here: FindRunner) -> Runner:
    try:
        application = find_application(hadoop, wanted)
    except (SettingsError, SubmissionError, KerberosError) as exc:
        return Runner({"error": str(exc)}, look_here().pace)
    described = {
        "id": application.id,
        "job": job_of(application),
        "state": application.final if application.ended else application.state,
        "attempt": f"attempt {application.attempt}",
        "queue": application.queue,
        "trackingUrl": application.tracking_url,
        "why": find_end_on_yarn(hadoop, application, hdfs_dir),
    }
    return Runner(described, find_pace_on_yarn(hadoop, application, hdfs_dir) or look_here().pace)
