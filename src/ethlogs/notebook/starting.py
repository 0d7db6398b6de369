"""Starting a run from Python."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ethlogs.doctor.first_look import look_first
from ethlogs.errors import SettingsError
from ethlogs.job_requests import STARTABLE, WantedJob
from ethlogs.notebook.cluster import ClusterAccess, warn
from ethlogs.notebook.finding import build_run
from ethlogs.notebook.run import Run
from ethlogs.settings.reading import ReadOptions, read_options
from ethlogs.submission.console import Console, Display
from ethlogs.submission.launch import launch, runs_base


class _NoDisplay:
    """Nobody watches while a run is started."""

    def tell(self, text: str) -> None:
        """Ignore a message."""

    def show(self, progress: dict[str, Any]) -> None:
        """Ignore progress."""

    def show_bytes(self, what: str, done: int, total: int | None) -> None:
        """Ignore packing and uploads."""


@contextlib.contextmanager
def _no_display() -> Iterator[Display]:
    yield _NoDisplay()


def submit(job: str = "produce", **settings: Any) -> Run:
    """Start a run, and do not wait for it.

    Parameters
    ----------
    job : ``produce``, ``backfill`` or ``smoketest``.
    settings : the command's settings by their flags' names with underscores, like
        ``bootstrap_server="kafka:9092"``; those that are not given come from environment variables and
        ethlogs.toml, as the command takes them. ``config`` names another file.

    Raises
    ------
    EthlogsError
        When the run cannot be started, as the command would: ``hint`` says what to do.
    """
    if job not in STARTABLE:
        raise SettingsError(f"{job!r} is not a job", hint=f"the jobs are {', '.join(STARTABLE)}")
    startable = STARTABLE[job]
    read: ReadOptions[Any] = read_options(startable.options, settings, os.environ)
    try:
        return _start(startable.build(read.options))
    except SettingsError as exc:
        raise read.locate(exc) from exc


def _start(wanted: WantedJob) -> Run:
    log = logging.getLogger("ethlogs.notebook")
    console = Console(log.info, warn, _no_display())
    options = wanted.options
    outcome = launch(wanted.request, options, replace(wanted.start, detach=True), console, look_first)
    if outcome.started is None:
        raise SettingsError("nothing was started: dry_run is of the command line alone")
    access = ClusterAccess(
        options.kerberos, options.yarn.proxy_user, options.spark.spark_submit, options.yarn.hdfs_dir
    )
    return build_run(runs_base(options.run_folder), outcome.started, access)
