"""``ethlogs stop``: the end of a run, here or on YARN."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Any

import click
import orjson

from ethlogs.cli.application import ApplicationCommandOptions, open_wanted_application
from ethlogs.cli.command import command
from ethlogs.cli.say import say
from ethlogs.errors import ExitStatus, SettingsError
from ethlogs.hadoop.client import is_cluster_configured
from ethlogs.run.folder import PROGRESS, RunFolder
from ethlogs.settings.output import OutputOptions, StopOptions
from ethlogs.settings.submission import RunFolderOptions
from ethlogs.submission.applications import ApplicationHandle, read_defaults
from ethlogs.submission.checked import check_stream
from ethlogs.submission.ending import end, require_owner
from ethlogs.submission.launch import runs_base
from ethlogs.submission.left_files import LeftFiles
from ethlogs.submission.local_runs import WantedRuns, end_local_run, find_local_runs


@dataclass(frozen=True)
class StopCommandOptions(ApplicationCommandOptions):
    """The options of ``stop``."""

    limits: StopOptions
    run_folder: RunFolderOptions
    output: OutputOptions


@command(StopCommandOptions)
def stop(options: StopCommandOptions) -> int:
    """Stop a stream's run on this machine or, if there is none, its application on YARN.

    The driver finishes its current block. An application that has not ended after --stop-timeout is killed.

    Example: ethlogs stop --bootstrap-server kafka:9092 --topic eth_eventlogs
    """
    quiet = options.output.quiet
    if not options.application.application:
        here = _find_here(options)
        if here:
            return _stop_here(here, options)
        if not is_cluster_configured(os.environ):
            raise _no_run(options)
    with open_wanted_application(options) as (handle, _caller):
        application = handle.application
        if application.ended:
            say(f"the application {application.id} has ended already: {application.final}", quiet)
            tip = _read_progress(handle).get("tip")
            _print_json(options, {"application": application.id, "gently": None, "tip": tip})
            return ExitStatus.DONE
        require_owner(handle, options.hdfs.hdfs_dir)
        say(f"asking the driver of {application.id} to end after the current block", quiet)
        left = LeftFiles.of(handle.hadoop, options.hdfs.hdfs_dir, read_defaults(options.spark.spark_submit))
        gently = end(handle, options.limits.stop_timeout, left)
        progress = _read_progress(handle)
    tip = progress.get("tip")
    how = "has ended after the current block" if gently else "was killed"
    say(f"the application {application.id} {how}; {_describe_end(progress)}")
    _print_json(options, {"application": application.id, "gently": gently, "tip": tip})
    return ExitStatus.DONE


def _find_here(options: StopCommandOptions) -> list[RunFolder]:
    base = runs_base(options.run_folder)
    topic, job = check_stream(options.stream).topic, options.application.job
    return find_local_runs(base, WantedRuns(topic, options.brokers.bootstrap_server, job))


def _no_run(options: StopCommandOptions) -> SettingsError:
    return SettingsError(
        f"no run of the stream {check_stream(options.stream).topic} is on this machine,"
        " and neither HADOOP_CONF_DIR nor YARN_CONF_DIR says where a cluster is",
        hint="another --topic, --bootstrap-server or --run-dir? For a run on YARN export HADOOP_CONF_DIR",
    )


def _stop_here(runs: list[RunFolder], options: StopCommandOptions) -> int:
    tip: int | None = None
    for folder in runs:
        say(f"asking the driver of run {folder.run} to end after the current block", options.output.quiet)
        tip = end_local_run(folder, signal.SIGTERM, options.limits.stop_timeout)
        progress = {**(folder.read_json(PROGRESS) or {}), "tip": tip}
        say(f"the run {folder.run} has ended after the current block; {_describe_end(progress)}")
    _print_json(options, {"runs": [folder.run for folder in runs], "gently": True, "tip": tip})
    return ExitStatus.DONE


def _read_progress(handle: ApplicationHandle) -> dict[str, Any]:
    return (handle.folder.read_json(PROGRESS) if handle.folder else None) or {}


def _print_json(options: StopCommandOptions, answer: dict[str, Any]) -> None:
    if options.output.as_json:
        click.echo(orjson.dumps(answer).decode())


def _describe_end(progress: dict[str, Any]) -> str:
    """Say where the stream is, or how much of history is there."""
    missing, tip = progress.get("missingBlocks"), progress.get("tip")
    if missing is not None:
        return f"it filled {progress['blocks']:,} blocks, {missing:,} are missing"
    return "it produced no block" if tip is None else f"the tip is block {tip}"
