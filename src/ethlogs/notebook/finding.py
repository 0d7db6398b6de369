"""Finding runs again: by what this machine remembers, and on YARN."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ethlogs.errors import KerberosError, SettingsError, SubmissionError
from ethlogs.hadoop.applications import Application
from ethlogs.hadoop.client import is_cluster_configured
from ethlogs.notebook.cluster import ClusterAccess, FindOptions, warn
from ethlogs.notebook.here import RunHere
from ethlogs.notebook.on_yarn import RunOnYarn
from ethlogs.notebook.run import Run
from ethlogs.run.folder import RunFolder
from ethlogs.settings.reading import read_options
from ethlogs.submission.applications import ETHLOGS_TAG, RUN_TAG, job_of, run_of, topic_of
from ethlogs.submission.launch import runs_base
from ethlogs.submission.run_note import RunNote, list_notes, read_note

_APPLICATION = "application_"
_ID = re.compile(r"[\w-][\w.-]{0,254}", re.ASCII)


def attach(run_id: str, **settings: Any) -> Run:
    """Find a run again, after a kernel's restart or from another notebook.

    Parameters
    ----------
    run_id : a run's id, or the id of its YARN application.
    settings : how to reach the cluster and where run folders are, as for :func:`submit`.

    Raises
    ------
    SettingsError
        When there is no such run, or the id cannot be one.
    EthlogsError
        When the cluster cannot be asked.
    """
    _check_id(run_id)
    options = read_options(FindOptions, settings, os.environ).options
    base, access = runs_base(options.run_folder), ClusterAccess.of(options)
    if not run_id.startswith(_APPLICATION):
        note = read_note(RunFolder(base / run_id))
        if note is not None:
            return build_run(base, note, access)
    if is_cluster_configured(os.environ):
        return _find_on_yarn(run_id, access)
    raise _no_run(run_id, f"in {base}", "another run_dir? For a run on YARN export HADOOP_CONF_DIR")


def runs(**settings: Any) -> list[Run]:
    """Return the runs that were started from this machine, and this user's on YARN, the newest first.

    A cluster that cannot be asked is a warning.
    """
    options = read_options(FindOptions, settings, os.environ).options
    base, access = runs_base(options.run_folder), ClusterAccess.of(options)
    found = {note.run: build_run(base, note, access) for _, note in list_notes(base)}
    if is_cluster_configured(os.environ):
        try:
            found = {run.id: run for run in _list_on_yarn(access)} | found
        except (SettingsError, SubmissionError, KerberosError) as exc:
            warn(f"runs on YARN are not listed: {exc}")
    return sorted(found.values(), key=lambda run: run.id, reverse=True)


def _check_id(run_id: object) -> None:
    """Refuse what is not the id of anything: a folder's name or a question to YARN is made of it."""
    if not isinstance(run_id, str) or not _ID.fullmatch(run_id):
        raise SettingsError(
            f"{run_id!r} is not the id of a run",
            hint="give Run.id, like 20260101-120000-a1b2c3, or the id of its application; ethlogs.runs()"
            " lists those that are known",
        )


def build_run(base: Path, note: RunNote, access: ClusterAccess) -> Run:
    """Return the run that a note describes."""
    if note.application is None:
        return Run(note, RunHere(RunFolder(base / note.run)))
    return Run(note, RunOnYarn(note.application, note.run, access.in_folder(note.hdfs_dir)))


def _find_on_yarn(run_id: str, access: ClusterAccess) -> Run:
    with access.opened() as (hadoop, _caller):
        if run_id.startswith(_APPLICATION):
            found = [hadoop.applications.describe(run_id)]
        else:
            found = hadoop.applications.find(f"{RUN_TAG}{run_id}", alive_only=False)
        user = hadoop.user
    runs = list(_build_runs(found, access))
    if found and not runs:
        raise SettingsError(
            f"the application {found[0].id} of {found[0].user} is not a run of ethlogs: {found[0].name}",
            hint="ethlogs.runs() lists yours",
        )
    if not runs:
        raise _no_run(run_id, "on this machine or on YARN", "ethlogs.runs() lists those that are known")
    if found[0].user != user and access.hdfs_dir is None:
        owner = found[0].user
        warn(
            f"the run is {owner}'s, and this is {user}: its state is shown, but not its progress, which is in"
            f" {owner}'s folder on HDFS; proxy_user={owner!r} or hdfs_dir may open that"
        )
    return runs[0]


def _list_on_yarn(access: ClusterAccess) -> Iterator[Run]:
    with access.opened() as (hadoop, _caller):
        found = hadoop.applications.find(ETHLOGS_TAG, alive_only=False)
        own = [application for application in found if application.user == hadoop.user]
    return _build_runs(own, access)


def _build_runs(applications: list[Application], access: ClusterAccess) -> Iterator[Run]:
    for application in applications:
        run, job = run_of(application), job_of(application)
        if run is not None and job is not None:
            note = RunNote(run, job, topic_of(application), "", application.id, access.hdfs_dir)
            yield Run(note, RunOnYarn(application.id, run, access))


def _no_run(run_id: str, where: str, hint: str) -> SettingsError:
    return SettingsError(f"there is no run {run_id} {where}", hint=hint)
