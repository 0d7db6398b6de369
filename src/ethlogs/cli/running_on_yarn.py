"""A run on YARN: submitted, watched, told."""

from __future__ import annotations

import os
import shlex
import time
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import click

from ethlogs.cli import options
from ethlogs.cli.cluster import open_hadoop_by
from ethlogs.cli.display import ProgressDisplay, say
from ethlogs.cli.folders import cache_folder
from ethlogs.cli.launching import FormatReport, Launch, tell_report
from ethlogs.cli.security import uses_gssapi
from ethlogs.errors import ExitStatus, KerberosError, SettingsError
from ethlogs.run_folder import RunFolder
from ethlogs.settings import KerberosSettings, RunSettings, display_url
from ethlogs.spark.submit import read_configured
from ethlogs.spark.yarn import Shipment, YarnSettings, build_yarn_argv
from ethlogs.stop import time_limit
from ethlogs.submission.proxy_user import check_secrets_of
from ethlogs.submission.shipping import DEFAULT_FOLDER
from ethlogs.submission.watch import Limits, Watcher
from ethlogs.submission.yarn import ClusterSettings, YarnSubmitter, stream_tag

_GRACE_SECONDS = 120.0
"""For YARN to start the driver and the driver to end itself, beyond the run's own limit."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_yarn(master: str, given: dict[str, Any]) -> None:
    """Refuse a master that is none, and warn of what a container cannot reach.

    Raises
    ------
    SettingsError
        When the master is neither local nor YARN.
    """
    if master != "yarn":
        raise SettingsError(f"the master {master} is neither local nor yarn", hint="give --master yarn")
    for url in given["node_url"]:
        parts = urlsplit(url)
        if parts.scheme == "ipc" or parts.hostname in _LOOPBACK:
            say(f"warning: {display_url(url)} is not this machine for a driver on a node of the cluster")


def print_yarn_argv(launch: Launch, given: dict[str, Any]) -> int:
    """``--dry-run``: what would be run, with words for what only a submission makes."""
    folder = given["hdfs_dir"] or DEFAULT_FOLDER
    settings = launch.settings("RUN")
    _check_proxy_user(settings, given)
    shipment = Shipment(
        settings_file=launch.base / "RUN" / "settings.json",
        package=launch.base / "RUN" / "ethlogs.zip",
        archive=given["env_archive"] or f"{folder}/archives/env-FINGERPRINT.tar.gz",
        python="bin/python",
        spark_archive=f"{folder}/spark/spark-{launch.spark.version}-HASH.zip",
        run_folder=f"{folder}/runs/RUN",
        tags=("ethlogs", stream_tag(settings.kafka, settings.stream), "ethlogs-run-RUN"),
    )
    configured = read_configured(launch.spark_settings, launch.spark, os.environ)
    argv = build_yarn_argv(
        launch.spark,
        launch.spark_settings,
        _yarn_settings(given, settings.kerberos),
        launch.name,
        shipment,
        configured,
    )
    click.echo(shlex.join(argv))
    return ExitStatus.DONE


def run_there(launch: Launch, given: dict[str, Any], format_report: FormatReport) -> int:
    """Submit, watch until the end unless ``--detach``, and print the report; returns its status."""
    begun, output = time.monotonic(), launch.output
    tell = partial(say, quiet=output.quiet)
    settings = launch.settings("RUN")
    _check_proxy_user(settings, given)
    _require_keytab(settings)
    cluster = _cluster_settings(given, settings.kerberos)
    with open_hadoop_by(given, launch.spark, launch.java) as hadoop:
        configured = read_configured(launch.spark_settings, launch.spark, os.environ)
        submitter = YarnSubmitter(
            hadoop, launch.spark, launch.spark_settings, cluster, configured, cache_folder(), tell
        )
        local = RunFolder.create(launch.base)
        tell(f"run {local.run}, submitted from {local.path}")
        with time_limit(given["timeout"], "packing, shipping and submitting"):
            submitted = submitter.submit(launch.settings(local.run), local, launch.name)
        tell(f"application {submitted.application_id}, its folder is {submitted.folder.place}")
        if given.get("detach"):
            click.echo(submitted.application_id)
            return ExitStatus.DONE
        with ProgressDisplay(output.quiet) as display:
            watcher = Watcher(
                hadoop.applications, submitted.folder, submitted.application_id, display.tell, display.show
            )
            report = watcher.wait(_limits(given, time.monotonic() - begun))
        if output.verbose:
            say(hadoop.applications.read_aggregated_log(submitted.application_id) or "(no log yet)")
    return tell_report(report, output, format_report)


def _check_proxy_user(settings: RunSettings, given: dict[str, Any]) -> None:
    if given["proxy_user"] is not None:
        for warning in check_secrets_of(given["proxy_user"], settings):
            say(f"warning: {warning}")


def _require_keytab(settings: RunSettings) -> None:
    if settings.kerberos is None and uses_gssapi(settings.kafka):
        raise KerberosError(
            "Kafka asks for a Kerberos ticket, and your own does not go along to a driver on YARN",
            hint="give --principal and --keytab, from which the driver obtains and renews its own",
        )


def _limits(given: dict[str, Any], gone_seconds: float) -> Limits:
    timeout = given["timeout"]
    left = None if timeout is None else timeout - gone_seconds
    return Limits(left, given["submit_timeout"], _GRACE_SECONDS)


def _cluster_settings(given: dict[str, Any], kerberos: KerberosSettings | None) -> ClusterSettings:
    archive = given["env_archive"]
    if archive is not None and "://" not in archive:
        options.existing_archive(archive)
    return ClusterSettings(
        yarn=_yarn_settings(given, kerberos),
        pack=options.pack_settings(given),
        env_archive=archive,
        hdfs_dir=given["hdfs_dir"],
        replace=given.get("replace", False),
    )


def _yarn_settings(given: dict[str, Any], kerberos: KerberosSettings | None) -> YarnSettings:
    """Acting for another user, Spark takes no keytab: it goes along for Kafka alone, as one does that only
    ``--command-config`` names.
    """
    for_spark = None if given["proxy_user"] or not given["keytab"] else kerberos
    return YarnSettings(
        principal=for_spark.principal if for_spark else None,
        keytab=for_spark.keytab if for_spark else None,
        queue=given["queue"],
        driver_cores=given["driver_cores"],
        num_executors=given["num_executors"],
        executor_memory=given["executor_memory"],
        proxy_user=given["proxy_user"],
        max_app_attempts=given["max_app_attempts"],
    )
