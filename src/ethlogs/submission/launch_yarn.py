"""A run on YARN: submitted, watched, and its report."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ethlogs.cancellation import time_limit
from ethlogs.errors import KerberosError, SettingsError
from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.run_folder import FILES
from ethlogs.kafka.client_config import uses_gssapi
from ethlogs.krb5_conf import list_includes
from ethlogs.livy.client import LivyEndpoint
from ethlogs.notify import Notify
from ethlogs.run.command import note_command
from ethlogs.run.folder import RunFolder
from ethlogs.settings import RunSettings
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobKind
from ethlogs.settings.submission import StartOptions
from ethlogs.spark.submit import SparkSubmit, driver_script, read_configured
from ethlogs.spark.yarn import Shipment, build_yarn_argv
from ethlogs.submission.applications import build_tags, open_hadoop_with
from ethlogs.submission.checked import check_archive, check_environment
from ethlogs.submission.console import Console, Outcome
from ethlogs.submission.folders import cache_folder
from ethlogs.submission.hosts import list_local
from ethlogs.submission.identity import Caller
from ethlogs.submission.layout import DEFAULT_FOLDER
from ethlogs.submission.livy import build_run_batch, open_livy
from ethlogs.submission.proxy_user import check_secrets_of
from ethlogs.submission.run_note import note_run
from ethlogs.submission.watch import Limits, Watcher
from ethlogs.submission.yarn import DEFAULT_PYTHON, Submitted, YarnSubmitter, spark_login

# The id of a run whose folder is not made yet.
DRY_RUN = "RUN"

# For YARN to start the driver and the driver to end itself, beyond the run's own limit.
_GRACE_SECONDS = 120.0

_TOKENS_END = (
    "warning: without --principal and --keytab the driver's access to HDFS ends after 7 days (or the"
    " cluster's dfs.namenode.delegation.token.max-lifetime), and this run has no end"
)
_TOKENS_END_LIVY = (
    "warning: Livy gives Spark no keytab, so the driver's access to HDFS ends after 7 days (or the cluster's"
    " dfs.namenode.delegation.token.max-lifetime), and this run has no end"
)


@dataclass(frozen=True)
class YarnLaunch:
    """One launch on YARN."""

    job: JobKind
    options: LaunchOptions
    start: StartOptions
    spark: SparkSubmit
    java: str
    name: str
    base: Path
    """Where the folders of runs are made on this machine."""

    def check(self, master: str, settings: RunSettings, warn: Notify) -> None:
        """Check what only YARN needs, and warn of what a container cannot reach.

        Raises
        ------
        SettingsError
            When the master is neither local nor YARN, or ``--proxy-user`` would get another's secret.
        """
        if master != "yarn":
            raise SettingsError(
                f"the master {master} is neither local nor yarn", hint="give --master yarn or local[*]"
            )
        for problem in list_local(settings.node, settings.kafka):
            warn(f"warning: {problem}; use a host name that the cluster can reach")
        krb5_conf = self.options.kerberos.krb5_conf
        for included in list_includes(Path(krb5_conf)) if krb5_conf is not None else ():
            warn(f"warning: --krb5-conf {krb5_conf} includes {included}, which YARN's nodes need to have too")
        yarn = self.options.yarn
        if yarn.livy_url is not None:
            LivyEndpoint.of(yarn.livy_url, yarn.livy_ca_file)
        proxy_user = yarn.proxy_user
        if proxy_user is not None:
            for warning in check_secrets_of(proxy_user, settings):
                warn(f"warning: {warning}")

    def build_argv(self, settings: RunSettings) -> list[str]:
        """Build the line of a dry run, with words for what only a submission makes."""
        folder = self.options.yarn.hdfs_dir or DEFAULT_FOLDER
        run_folder, sources = f"{folder}/runs/{DRY_RUN}", str(self.base / DRY_RUN)
        script = str(driver_script())
        if self.options.yarn.livy_url is not None:
            sources = f"{run_folder}/{FILES}"
            script = f"{sources}/{Path(script).name}"
        shipment = Shipment(
            settings_file=f"{sources}/settings.json",
            package=f"{sources}/ethlogs.zip",
            archive=self.options.yarn.env_archive or f"{folder}/archives/env-HASH.tar.gz",
            python=DEFAULT_PYTHON,
            spark_archive=f"{folder}/spark/spark-{self.spark.version}-HASH.zip",
            run_folder=run_folder,
            script=script,
            tags=build_tags(self.job, settings),
            login=spark_login(self.options, settings),
            needs_executors=self.job.needs_executors,
        )
        return build_yarn_argv(
            self.spark, self.options.spark, self.options.yarn, self.name, shipment, self._configured()
        )

    def build_plan(self, settings: RunSettings) -> dict[str, Any]:
        """Build what a dry run shows: the spark-submit line, or the request to Livy."""
        argv = self.build_argv(settings)
        if self.options.yarn.livy_url is None:
            return {"command": argv}
        return {"livyBatch": build_run_batch(argv, self._configured(), DRY_RUN)}

    def run(self, settings: RunSettings, caller: Caller, console: Console) -> Outcome:
        """Submit, and watch until the end unless ``--detach``.

        Raises
        ------
        KerberosError
            When Kafka needs a ticket and there is no keytab for the driver.
        """
        begun = time.monotonic()
        self._require_keytab(settings)
        self._check_environment()
        with open_hadoop_with(caller, self.spark, self.java) as hadoop, console.display as display:
            submitter = YarnSubmitter(
                hadoop,
                self.spark,
                self.options,
                self._configured(),
                cache_folder(),
                console.notify,
                show_bytes=display.show_bytes,
                job=self.job,
                replace=self.start.replace,
            )
            if (
                has_no_end(self.job, settings)
                and spark_login(self.options, settings) is None
                and hadoop.is_secured
            ):
                console.notify(_TOKENS_END_LIVY if self.options.yarn.livy_url else _TOKENS_END)
            local = RunFolder.create(self.base)
            note_command(local, settings)
            console.notify(f"run {local.run}, submitted from {local.path}")
            with (
                time_limit(self.options.limits.timeout, "packing, shipping and submitting"),
                open_livy(self.options.yarn, caller) as livy,
            ):
                submitted = submitter.submit(replace(settings, run=local.run), local, self.name, livy)
            application_id = submitted.application_id
            note = note_run(local, settings, application=application_id, hdfs_dir=self.options.yarn.hdfs_dir)
            console.notify(f"application {application_id}, its folder is {submitted.folder.place}")
            try:
                limits = self._limits(time.monotonic() - begun)
                if self.start.detach:
                    self._leave(hadoop.applications, submitted, limits, console)
                    return Outcome(text=application_id, started=note)
                watcher = Watcher(
                    hadoop.applications, submitted.folder, application_id, display.tell, display.show
                )
                report = watcher.wait(limits)
            finally:
                # Also of a detached run: one that gets no container in time has ended.
                submitter.left_files.remove_if_ended(submitted.folder, application_id)
            output = None
            if self.options.output.verbose:
                output = hadoop.applications.read_aggregated_log(application_id) or "(no log yet)"
        return Outcome(report, output=output)

    def _leave(
        self, applications: Applications, submitted: Submitted, limits: Limits, console: Console
    ) -> None:
        """Give the application to YARN, with the limits of a run that nobody watches."""
        if limits.run is not None:
            applications.limit_lifetime(submitted.application_id, limits.run + limits.grace)
        if limits.submit is not None:
            watcher = Watcher(
                applications,
                submitted.folder,
                submitted.application_id,
                console.notify,
                lambda _progress: None,
            )
            watcher.wait_for_container(limits.submit)

    def _configured(self) -> dict[str, str]:
        return read_configured(self.options.spark, self.spark, os.environ)

    def _require_keytab(self, settings: RunSettings) -> None:
        if settings.kerberos is None and uses_gssapi(settings.kafka):
            raise KerberosError(
                "Kafka asks for a Kerberos ticket, and your own is not shipped to a driver on YARN",
                hint="give --principal and --keytab, from which the driver obtains and renews its own",
            )

    def _check_environment(self) -> None:
        archive = self.options.yarn.env_archive
        if archive is not None and "://" not in archive:
            check_archive(archive)
        check_environment(self.options.environment)

    def _limits(self, gone_seconds: float) -> Limits:
        timeout = self.options.limits.timeout
        left = None if timeout is None else timeout - gone_seconds
        return Limits(left, self.options.yarn.submit_timeout, _GRACE_SECONDS)


def has_no_end(job: JobKind, settings: RunSettings) -> bool:
    """Return whether a run continues until somebody ends it."""
    heights = settings.range
    return job.follows and heights.blocks is None and heights.to is None and settings.timeout_seconds is None
