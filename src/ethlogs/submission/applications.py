"""The applications of a stream on YARN: how they are tagged, and how one is found again."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from ethlogs.errors import SubmissionError
from ethlogs.hadoop.applications import Application
from ethlogs.hadoop.client import Hadoop, find_conf_dir, open_hadoop
from ethlogs.kerberos.users_ticket import copied_ticket
from ethlogs.run_folder import RunFiles
from ethlogs.settings import BrokerOptions, KafkaSettings, RunSettings, StreamSettings
from ethlogs.settings.job import JobKind
from ethlogs.spark.java import check_java, find_java
from ethlogs.spark.submit import SparkSubmit, find_spark_home, find_spark_submit
from ethlogs.submission.checked import check_kafka, check_stream
from ethlogs.submission.identity import Caller
from ethlogs.submission.layout import HdfsLayout

RUN_TAG = "ethlogs-run-"
_STREAM_TAG = "ethlogs-stream-"


@dataclass(frozen=True)
class Wanted:
    """Which application is meant: by its id, else by its stream."""

    application: str | None
    brokers: BrokerOptions
    stream: StreamSettings


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


def find_application(hadoop: Hadoop, wanted: Wanted) -> Application:
    """Return the application by its id, else the stream's running one, else its newest.

    Raises
    ------
    SubmissionError
        When there is none.
    """
    if wanted.application:
        return hadoop.applications.describe(wanted.application)
    stream = check_stream(wanted.stream)
    tag = stream_tag(check_kafka(wanted.brokers, (), 0.0), stream)
    applications = hadoop.applications.find(tag, alive_only=False)
    if not applications:
        raise SubmissionError(
            f"YARN knows no application of the stream {stream.ledger_topic}",
            hint="is it another --topic or --bootstrap-server, spelled as when it was submitted? Or give"
            " --application ID",
        )
    return next((item for item in applications if not item.ended), applications[0])


def stream_tag(kafka: KafkaSettings, stream: StreamSettings) -> str:
    """Return the tag of every application of a stream: one ledger topic on one Kafka cluster."""
    servers = ",".join(sorted(part.strip().lower() for part in kafka.bootstrap_servers.split(",")))
    return _STREAM_TAG + hashlib.sha256(f"{servers}/{stream.ledger_topic}".encode()).hexdigest()[:16]


def build_tags(job: JobKind, settings: RunSettings) -> tuple[str, ...]:
    """Return the tags of a run's application; only a job that writes to the stream has the stream's."""
    stream = (stream_tag(settings.kafka, settings.stream),) if job.writes_stream else ()
    return ("ethlogs", *stream, f"{RUN_TAG}{settings.run}")


def run_of(application: Application) -> str | None:
    """Return the id of an application's run, from its tag."""
    tags = [tag for tag in application.tags if tag.startswith(RUN_TAG)]
    return tags[0].removeprefix(RUN_TAG) if tags else None
