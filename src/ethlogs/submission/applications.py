"""The applications of a stream on YARN: how they are tagged, and how one is found again."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from ethlogs.errors import SettingsError, SubmissionError
from ethlogs.hadoop.applications import Application, Applications
from ethlogs.hadoop.client import Hadoop, find_conf_dir, open_hadoop
from ethlogs.kerberos.users_ticket import copied_ticket
from ethlogs.run.folder import RunFiles
from ethlogs.settings import BrokerOptions, KafkaSettings, RunSettings, StreamSettings
from ethlogs.settings.job import JobKind
from ethlogs.settings.submission import SparkSettings
from ethlogs.spark.java import check_java, find_java
from ethlogs.spark.submit import SparkSubmit, find_spark_home, find_spark_submit, read_configured
from ethlogs.submission.checked import check_kafka, check_stream
from ethlogs.submission.identity import Caller
from ethlogs.submission.layout import HdfsLayout

ETHLOGS_TAG = "ethlogs"
RUN_TAG = "ethlogs-run-"
_JOB_TAG = "ethlogs-job-"
_STREAM_TAG = "ethlogs-stream-"


@dataclass(frozen=True)
class Wanted:
    """The application that is wanted: by its id, else by its stream and job."""

    application: str | None
    brokers: BrokerOptions
    stream: StreamSettings
    job: str | None = None
    """The name of a job; ``None`` where the stream has an application of one job alone."""


@dataclass(frozen=True)
class ApplicationHandle:
    """An application and the folder in which its driver is met."""

    hadoop: Hadoop
    application: Application
    folder: RunFiles | None
    """``None`` where the application is not of ethlogs."""


@contextlib.contextmanager
def open_cluster(caller: Caller, spark_submit: str | None) -> Iterator[Hadoop]:
    """Yield Hadoop's clients, by this machine's Java, Spark and HADOOP_CONF_DIR."""
    java = find_java(os.environ)
    spark = find_spark_submit(spark_submit, os.environ)
    check_java(java, spark.version, find_spark_home(spark))
    with open_hadoop_with(caller, spark, java.path) as hadoop:
        yield hadoop


@contextlib.contextmanager
def open_hadoop_with(caller: Caller, spark: SparkSubmit, java: str) -> Iterator[Hadoop]:
    """Yield Hadoop's clients with the caller's keytab, else with a copy of the user's ticket.

    spark-submit, where it is run meanwhile, finds the copy too.
    """
    conf_dir, login = find_conf_dir(os.environ), caller.log_in()
    with (
        contextlib.nullcontext() if login.keytab else copied_ticket(),
        open_hadoop(find_spark_home(spark), java, conf_dir, login) as hadoop,
    ):
        yield hadoop


@contextlib.contextmanager
def open_application(
    caller: Caller, spark_submit: str | None, hdfs_dir: str | None, wanted: Wanted
) -> Iterator[ApplicationHandle]:
    """Yield the application that is meant.

    Raises
    ------
    SubmissionError
        When there is none.
    """
    with open_cluster(caller, spark_submit) as hadoop:
        application = find_application(hadoop, wanted)
        run = run_of(application)
        layout = HdfsLayout.of(hadoop.files, hdfs_dir)
        yield ApplicationHandle(hadoop, application, layout.run_folder(run) if run else None)


def read_defaults(spark_submit: str | None) -> dict[str, str]:
    """Return what spark-defaults says, for a command that has no other settings of Spark's."""
    return read_configured(SparkSettings(), find_spark_submit(spark_submit, os.environ), os.environ)


def find_application(hadoop: Hadoop, wanted: Wanted) -> Application:
    """Return the application by its id, else the stream's running one, else its newest.

    Raises
    ------
    SubmissionError
        When there is none.
    SettingsError
        When several are running, and no job says which is meant.
    """
    if wanted.application:
        return hadoop.applications.describe(wanted.application)
    stream = check_stream(wanted.stream)
    kafka = check_kafka(wanted.brokers, (), 0.0, with_security=False)
    tag = stream_tag(kafka, stream)
    applications = [
        item
        for item in hadoop.applications.find(tag, alive_only=False)
        if wanted.job is None or job_of(item) == wanted.job
    ]
    if not applications:
        what = f"{wanted.job} application" if wanted.job else "application"
        raise SubmissionError(
            f"YARN knows no {what} of the stream {stream.ledger_topic}",
            hint="give --topic and --bootstrap-server exactly as when it was submitted, or --application ID",
        )
    alive = [item for item in applications if not item.ended]
    jobs = {job_of(item) for item in alive}
    if len(jobs) > 1:
        raise which_job(" and ".join(f"{item.id} ({job_of(item)})" for item in alive))
    return alive[0] if alive else applications[0]


def which_job(runs: str) -> SettingsError:
    """Return the error of a stream that has a run of each job."""
    return SettingsError(
        f"the stream has more than one run: {runs}",
        hint="say which one: --job produce or --job backfill",
        flag="--job",
    )


def stream_tag(kafka: KafkaSettings, stream: StreamSettings) -> str:
    """Return the tag of every application of a stream: one ledger topic on one Kafka cluster."""
    servers = ",".join(sorted(part.strip().lower() for part in kafka.bootstrap_servers.split(",")))
    return _STREAM_TAG + hashlib.sha256(f"{servers}/{stream.ledger_topic}".encode()).hexdigest()[:16]


def build_tags(job: JobKind, settings: RunSettings) -> tuple[str, ...]:
    """Return the tags of a run's application; only a job that writes to the stream has the stream's."""
    stream = (stream_tag(settings.kafka, settings.stream),) if job.writes_stream else ()
    return (ETHLOGS_TAG, *stream, f"{_JOB_TAG}{job.name}", f"{RUN_TAG}{settings.run}")


def find_rivals(applications: Applications, job: JobKind, settings: RunSettings) -> list[Application]:
    """Return the stream's applications of the same job; a backfill may run beside the follower."""
    found = applications.find(stream_tag(settings.kafka, settings.stream))
    return [application for application in found if job_of(application) == job.name]


def job_of(application: Application) -> str | None:
    """Return the name of an application's job, from its tag."""
    return _tagged(application, _JOB_TAG)


def run_of(application: Application) -> str | None:
    """Return the id of an application's run, from its tag."""
    return _tagged(application, RUN_TAG)


def topic_of(application: Application) -> str:
    """Return the topic of an application with the name that ethlogs gave it, else that name."""
    return application.name.rpartition(" ")[2]


def _tagged(application: Application, prefix: str) -> str | None:
    tags = [tag for tag in application.tags if tag.startswith(prefix)]
    return tags[0].removeprefix(prefix) if tags else None
