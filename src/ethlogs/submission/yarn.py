"""The way from settings to an application on YARN that is watched until it ends."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path

from ethlogs.cancellation import OutOfTime, Terminated
from ethlogs.environment import PackSettings, find_interpreter, pack_environment, require_packages
from ethlogs.errors import (
    EthlogsError,
    HadoopError,
    InterruptedRunError,
    OutcomeUnknownError,
    SubmissionError,
    SupersededError,
)
from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.client import Hadoop, java_krb5_options
from ethlogs.kafka.client_config import uses_gssapi
from ethlogs.livy.client import LivyClient
from ethlogs.notify import Notify, ShowBytes, ignore_bytes
from ethlogs.run.folder import SETTINGS, SHIPPED, RunFiles, RunFolder
from ethlogs.settings import RunSettings, to_json
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.job import JobKind
from ethlogs.spark.last_attempt import submit_java
from ethlogs.spark.submit import (
    SparkSubmit,
    build_cluster_environment,
    check_python,
    find_spark_home,
    start_spark_submit,
)
from ethlogs.spark.yarn import Shipment, SparkLogin, build_yarn_argv, find_attempts
from ethlogs.submission.applications import RUN_TAG, build_tags, find_rivals, run_of
from ethlogs.submission.checked import missing_archive
from ethlogs.submission.layout import HdfsLayout
from ethlogs.submission.left_files import LeftFiles, put_on_hdfs
from ethlogs.submission.livy import LivyRoad, build_run_batch
from ethlogs.submission.packages import needed_packages
from ethlogs.submission.queue import choose_queue, find_queue, refuse_queue
from ethlogs.submission.shipping import (
    KRB5_CONF,
    build_package,
    forget_shipped,
    ship_archive,
    ship_spark,
    take_files_along,
)
from ethlogs.submission.submit_failure import build_submit_failure
from ethlogs.submission.watch import end_application

_SUBMITTED = re.compile(r"Submitted application (application_\d+_\d+)")
_REPLACE_SECONDS = 60.0
DEFAULT_PYTHON = "bin/python"


@dataclass(frozen=True)
class Submitted:
    """An application and the folder in which its driver is met."""

    application_id: str
    folder: RunFiles


class YarnSubmitter:
    """Ships what a run needs to HDFS and starts it."""

    def __init__(
        self,
        hadoop: Hadoop,
        spark: SparkSubmit,
        options: LaunchOptions,
        configured: dict[str, str],
        cache: Path,
        notify: Notify,
        *,
        show_bytes: ShowBytes = ignore_bytes,
        job: JobKind,
        replace: bool = False,
    ) -> None:
        """``configured`` is what Spark's properties file says; ``cache`` keeps hashes between runs.

        ``replace`` stops the stream's other application first.
        """
        self._hadoop = hadoop
        self._spark = spark
        self._options = options
        self._configured = configured
        self._cache = cache
        self._notify = notify
        self._show_bytes = show_bytes
        self._job = job
        self._replace = replace

    def submit(
        self, settings: RunSettings, local: RunFolder, name: str, livy: LivyClient | None = None
    ) -> Submitted:
        """Submit one run, through Livy where there is one; returns when YARN has accepted it.

        Raises
        ------
        SupersededError
            When an application of the same stream is there already.
        SubmissionError, NotAuthorizedError, KerberosError, PackError
            When it cannot be shipped or submitted; a queue that refuses it is known before.
        """
        applications = self._hadoop.applications
        if not applications.check():
            self._notify("warning: YARN has no active node; the application will wait for one")
        choose = choose_queue if livy is None else find_queue
        queue = choose(self._options.yarn, self._options.spark, self._configured)
        if queue is not None:
            refuse_queue(applications, queue, self._hadoop.user)
        layout = self.left_files.layout
        self._remove_left()
        if livy is not None:
            livy.list_batches()
        if self._job.writes_stream:
            self._make_way(applications, layout, settings)
        try:
            shipment = self._ship(layout, settings, local, time.monotonic())
            if livy is None:
                application_id = self._run(self._build_argv(name, shipment), local, settings)
            else:
                with self._removed_unless_started(layout.run_folder(local.run), local.run):
                    application_id = self._run_livy(livy, layout, name, shipment, local)
        finally:
            forget_shipped(local)
        return Submitted(application_id, layout.run_folder(settings.run))

    def _build_argv(self, name: str, shipment: Shipment) -> list[str]:
        spark, yarn = self._options.spark, self._options.yarn
        return build_yarn_argv(self._spark, spark, yarn, name, shipment, self._configured)

    def _run_livy(
        self, livy: LivyClient, layout: HdfsLayout, name: str, shipment: Shipment, local: RunFolder
    ) -> str:
        """Have Livy submit what is on HDFS; nothing of it stays there where nothing was started."""
        road = LivyRoad(livy, self._hadoop, self._notify, self._options.yarn.submit_timeout)
        argv = self._build_argv(name, put_on_hdfs(layout, local.run, shipment))
        batch = build_run_batch(argv, self._configured, local.run)
        if not self._hadoop.is_secured:
            # There Livy does not know who asks.
            batch.setdefault("proxyUser", self._hadoop.user)
        try:
            return road.submit(batch, local)
        except KeyboardInterrupt as exc:
            self._notify("interrupted: taking the batch back from Livy")
            road.withdraw(batch["name"])
            self._tell_interruption(exc, local.run)
            raise

    @contextlib.contextmanager
    def _removed_unless_started(self, folder: RunFiles, run: str) -> Iterator[None]:
        """Leave no secret on HDFS for an application that there is not."""
        try:
            yield
        except OutcomeUnknownError:
            raise
        except BaseException:
            with contextlib.suppress(EthlogsError):
                if not self._hadoop.applications.find(f"{RUN_TAG}{run}"):
                    folder.remove_files()
            raise

    @functools.cached_property
    def left_files(self) -> LeftFiles:
        """The files on HDFS that this user's runs were started with."""
        asked = {**self._configured, **dict(self._options.spark.conf)}
        return LeftFiles.of(self._hadoop, self._options.yarn.hdfs_dir, asked)

    def _remove_left(self) -> None:
        with contextlib.suppress(EthlogsError):
            left = self.left_files.remove()
            if left:
                self._notify(f"removed the files of ended runs from HDFS: {', '.join(left)}")

    def _make_way(self, applications: Applications, layout: HdfsLayout, settings: RunSettings) -> None:
        for other in find_rivals(applications, self._job, settings):
            if not self._replace:
                raise SupersededError(
                    f"the application {other.id} of {other.user} is {other.state} with this stream",
                    hint=f"watch it: ethlogs tail --application {other.id}; --replace stops it first",
                )
            self._notify(f"stopping the application {other.id}, to be replaced")
            folder = layout.run_folder(run_of(other) or "")
            if not end_application(applications, folder, other.id, _REPLACE_SECONDS):
                self._notify(f"the application {other.id} did not end in time and was killed")

    def _ship(self, layout: HdfsLayout, settings: RunSettings, local: RunFolder, begun: float) -> Shipment:
        login = spark_login(self._options, settings)
        # Spark gives its keytab to the application master alone.
        needs_own = login is None or (self._job.needs_executors and uses_gssapi(settings.kafka))
        settings_there, files = take_files_along(settings, local, spark_has_keytab=not needs_own)
        needed = needed_packages(settings.kafka, settings.kerberos, settings.metrics_listen)
        archive, python = self._ship_archive(layout, needed)
        asked = {**self._configured, **dict(self._options.spark.conf)}
        spark_archive = None
        if not asked.get("spark.yarn.archive") and not asked.get("spark.yarn.jars"):
            home = find_spark_home(self._spark)
            spark_archive = ship_spark(
                layout, home, self._spark.version, self._cache, self._notify, self._show_bytes
            )
        if settings.timeout_seconds is not None:
            left = max(1.0, settings.timeout_seconds - (time.monotonic() - begun))
            settings_there = replaced(settings_there, timeout_seconds=left)
        local.write(SETTINGS, to_json(settings_there))
        run_folder = layout.make_run_folder(settings.run)
        run_folder.write_json(SHIPPED, [url for url in (archive, spark_archive) if url is not None])
        return Shipment(
            settings_file=str(local.path / SETTINGS),
            files=tuple(map(str, files)),
            krb5_conf=KRB5_CONF if local.path / KRB5_CONF in files else None,
            package=str(build_package(local.path)),
            archive=archive,
            python=python,
            spark_archive=spark_archive,
            run_folder=run_folder.path,
            tags=build_tags(self._job, settings),
            needs_executors=self._job.needs_executors,
            login=login,
        )

    def _ship_archive(self, layout: HdfsLayout, needed: dict[str, str]) -> tuple[str, str]:
        archive = self._options.yarn.env_archive
        if archive is not None and "://" in archive:
            self._require_archive(archive)
            return archive, DEFAULT_PYTHON
        if archive is not None:
            path = Path(archive)
            require_packages(path, needed)
            return ship_archive(layout, path, self._notify, self._show_bytes), find_interpreter(path)
        settings = PackSettings.of(self._options.environment)
        packed = pack_environment(settings, self._cache, self._notify, self._show_bytes)
        if packed.python_version is not None:
            check_python(self._spark.version, packed.python_version)
        require_packages(packed.path, needed)
        return ship_archive(layout, packed.path, self._notify, self._show_bytes), packed.python

    def _require_archive(self, url: str) -> None:
        """Refuse an archive that is not there; one of another file system is left to Spark."""
        with contextlib.suppress(HadoopError):
            if self._hadoop.files.size(url) is None:
                raise missing_archive(url)

    def _run(self, argv: list[str], local: RunFolder, settings: RunSettings) -> str:
        """Run spark-submit, which returns as soon as YARN has the application."""
        with local.log.open("wb") as log:
            local.log.chmod(0o600)
            process = start_spark_submit(argv, log, self._environment(settings))
            try:
                status = process.wait()
            except KeyboardInterrupt as exc:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                self._tell_interruption(exc, settings.run)
                raise
        output = local.log.read_text(errors="replace")
        if status:
            raise build_submit_failure(
                f"spark-submit ended with status {status}", output, self._hadoop.applications, local
            )
        match = _SUBMITTED.search(output)
        if match:
            return match.group(1)
        # Where log4j is at WARN the line is not there.
        found = self._hadoop.applications.find(f"{RUN_TAG}{settings.run}", alive_only=False)
        if not found:
            raise SubmissionError(
                "spark-submit ended well, but YARN knows no application of this run",
                hint=f"does spark-submit use the cluster of HADOOP_CONF_DIR? Its output is in {local.log}",
            )
        return found[0].id

    def _environment(self, settings: RunSettings) -> dict[str, str]:
        """spark-submit's JVM has to find the realm too, and how many attempts are asked for."""
        kept = build_cluster_environment(os.environ)
        options = java_krb5_options(settings.kerberos.krb5_conf if settings.kerberos else None, os.environ)
        options += submit_java(find_attempts(self._options.spark, self._options.yarn, self._configured))
        if options:
            kept["SPARK_SUBMIT_OPTS"] = " ".join([kept.get("SPARK_SUBMIT_OPTS", ""), *options]).strip()
        return kept

    def _tell_interruption(self, exc: KeyboardInterrupt, run: str) -> None:
        """Out of time nothing may be left running; whoever interrupts decides that for himself."""
        found = self._hadoop.applications.find(f"{RUN_TAG}{run}")
        if isinstance(exc, OutOfTime):
            for application in found:
                self._hadoop.applications.kill(application.id, "ethlogs: submitted too late for --timeout")
            return
        number = signal.SIGTERM if isinstance(exc, Terminated) else signal.SIGINT
        if not found:
            raise InterruptedRunError(
                "interrupted while submitting: nothing was started",
                signal_number=number,
                hint="run the same command again",
            ) from None
        raise InterruptedRunError(
            f"interrupted while submitting: the application {found[0].id} is {found[0].state}",
            signal_number=number,
            hint=f"end it: ethlogs stop --application {found[0].id}",
        ) from None


def spark_login(options: LaunchOptions, settings: RunSettings) -> SparkLogin | None:
    """Return the keytab that Spark is given.

    With ``--proxy-user``, through Livy, or where only ``--command-config`` names it, it is shipped for Kafka
    alone.
    """
    kerberos = settings.kerberos
    if kerberos is None or kerberos.keytab is None:
        return None
    if options.yarn.proxy_user or options.yarn.livy_url or not options.kerberos.keytab:
        return None
    return SparkLogin(kerberos.principal, kerberos.keytab)
