"""What the commands for YARN share: the JVM of Hadoop's client, and which application is meant."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ethlogs.cli import options
from ethlogs.cli.options import setting
from ethlogs.cli.security import login
from ethlogs.errors import SubmissionError
from ethlogs.hadoop.applications import Application
from ethlogs.hadoop.client import Hadoop, find_conf_dir, open_hadoop
from ethlogs.kerberos.users_ticket import copied_ticket
from ethlogs.run_folder import RunFiles
from ethlogs.spark.java import check_java, find_java
from ethlogs.spark.submit import SparkSubmit, find_spark_home, find_spark_submit
from ethlogs.submission.shipping import HdfsLayout
from ethlogs.submission.yarn import run_of, stream_tag

application_options: options.Decorator[Any] = options.combined(
    setting("--application", metavar="ID", help="Else the newest of the stream."),
    options.stream_options,
    setting(
        "--bootstrap-server", metavar="HOST:PORT,…", help="The stream's brokers, to find its application."
    ),
    options.hdfs_dir_option,
    options.kerberos_options,
    setting("--proxy-user", metavar="USER", help="Whom the application runs as, where that is another."),
    setting("--spark-submit", metavar="PATH", help="Else SPARK_HOME's, the one on PATH, or pyspark's."),
)


@dataclass(frozen=True)
class Found:
    """An application and the folder in which its driver is met."""

    hadoop: Hadoop
    application: Application
    folder: RunFiles | None
    """``None`` where the application is not of ethlogs."""


@contextlib.contextmanager
def open_cluster(given: dict[str, Any]) -> Iterator[Hadoop]:
    """Hadoop's clients, by this machine's Java, Spark and HADOOP_CONF_DIR."""
    java = find_java(os.environ)
    spark = find_spark_submit(given["spark_submit"], os.environ)
    check_java(java, spark.version)
    with open_hadoop_by(given, spark, java.path) as hadoop:
        yield hadoop


@contextlib.contextmanager
def open_hadoop_by(given: dict[str, Any], spark: SparkSubmit, java: str) -> Iterator[Hadoop]:
    """Hadoop's clients with the keytab that is given, else with a copy of the user's ticket.

    spark-submit, where it is run meanwhile, finds the copy too.
    """
    conf_dir, who = find_conf_dir(os.environ), login(given)
    with (
        contextlib.nullcontext() if who.keytab else copied_ticket(),
        open_hadoop(find_spark_home(spark), java, conf_dir, who) as hadoop,
    ):
        yield hadoop


@contextlib.contextmanager
def open_application(given: dict[str, Any]) -> Iterator[Found]:
    """The application that ``--application`` names, else the newest of the stream.

    Raises
    ------
    SubmissionError
        When there is none.
    """
    with open_cluster(given) as hadoop:
        application = find_application(hadoop, given)
        run = run_of(application)
        layout = HdfsLayout.of(hadoop.files, given["hdfs_dir"])
        yield Found(hadoop, application, layout.run_folder(run) if run else None)


def find_application(hadoop: Hadoop, given: dict[str, Any]) -> Application:
    """``--application``'s, else the stream's running one, else its newest.

    Raises
    ------
    SubmissionError
        When there is none.
    """
    if given["application"]:
        return hadoop.applications.describe(given["application"])
    kafka = options.kafka_settings(given["bootstrap_server"], (), 0.0)
    stream = options.stream_settings(given["topic"])
    found = hadoop.applications.find(stream_tag(kafka, stream), alive_only=False)
    if not found:
        raise SubmissionError(
            f"YARN knows no application of the stream {stream.ledger_topic}",
            hint="is it another --topic or --bootstrap-server, spelled as when it was submitted? Or give"
            " --application ID",
        )
    return next((application for application in found if not application.ended), found[0])
