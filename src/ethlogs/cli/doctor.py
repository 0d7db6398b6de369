"""``ethlogs doctor``: each thing that a run depends on, looked at, a line each, with the mend."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import click
import orjson
from click.core import ParameterSource

from ethlogs.cli import options
from ethlogs.cli.cluster import open_hadoop_by
from ethlogs.cli.config_file import config_path
from ethlogs.cli.display import say
from ethlogs.cli.launching import Output
from ethlogs.cli.running import run_job, spark_settings
from ethlogs.cli.security import Identity, identity, ticket
from ethlogs.doctor.checkup import Checkup, Finding
from ethlogs.doctor.job import verdict
from ethlogs.doctor.kafka import examine_kafka
from ethlogs.doctor.node import examine_node
from ethlogs.environment import find_interpreter
from ethlogs.errors import NotAuthorizedError, SubmissionError
from ethlogs.hadoop.client import Hadoop, find_conf_dir
from ethlogs.settings import FollowSettings, ProofSettings, RangeSettings, TopicCreation
from ethlogs.spark.java import Java, check_java, find_java
from ethlogs.spark.submit import SparkSubmit, choose_master, find_spark_submit, is_local
from ethlogs.submission.shipping import HdfsLayout

_DEFAULT_QUEUE = "default"
_PATIENCE_SECONDS = 5.0
"""What does not answer at once is a finding."""


@click.command()
@options.node_options
@options.kafka_options
@options.kerberos_options
@options.stream_options
@options.proof_options
@options.creation_options
@options.spark_options
@options.yarn_options
@options.pack_options
@options.timeout_option
@options.setting("--in-cluster", is_flag=True, help="Look at node and Kafka from a container of YARN too.")
@options.json_option
@options.verbosity_options
@options.config_option
def doctor(
    proof: ProofSettings, in_cluster: bool, as_json: bool, verbose: bool, quiet: bool, **given: Any
) -> int:
    """Look at everything that a run depends on, in the order in which a run needs it.

    A line each, with its time and, where it fails, what to do. Nothing is written anywhere. The exit
    status is that of the first failure.

    Example: ethlogs doctor --node-url http://geth:8545 --bootstrap-server kafka:9092
    """
    checkup = Checkup(lambda finding: _tell(finding, as_json))
    _Examination(checkup, given, proof).examine()
    if in_cluster and not checkup.exit_status:

        def tell_all(report: dict[str, Any]) -> str:
            return _to_text(checkup, report["findings"], report["exitStatus"], as_json)

        follow, output = FollowSettings(proof=proof), Output(False, verbose, quiet)
        return run_job("doctor", given, RangeSettings(), follow, output, tell_all)
    click.echo(_to_text(checkup, [], checkup.exit_status, as_json))
    return checkup.exit_status


def _to_text(checkup: Checkup, in_container: list[dict[str, Any]], status: int, as_json: bool) -> str:
    """The findings from here and from the container as JSON, or the verdict on them for a person."""
    found = [finding.to_dict() | {"where": "here"} for finding in checkup.findings]
    found += [finding | {"where": "container"} for finding in in_container]
    return orjson.dumps({"exitStatus": status, "findings": found}).decode() if as_json else verdict(found)


def _tell(finding: Finding, as_json: bool) -> None:
    if as_json:
        say(finding.to_lines())
    else:
        click.echo(finding.to_lines())


class _Examination:
    """The looks of one command; what a look finds, the later ones use."""

    def __init__(self, checkup: Checkup, given: dict[str, Any], proof: ProofSettings) -> None:
        self._checkup = checkup
        self._given = given
        self._proof = proof
        self._java: Java
        self._spark: SparkSubmit
        self._identity: Identity
        self._hadoop: Hadoop
        self._on_yarn = False

    def examine(self) -> None:
        """Look at all, in the order in which a run needs it."""
        look = self._checkup.look
        look("settings", self._see_settings)
        look("java", self._see_java)
        look("spark", self._see_spark, needs="java")
        look("master", self._see_master, needs="spark")
        with contextlib.ExitStack() as stack:
            look("ticket", lambda: self._see_ticket(stack), needs="settings")
            if self._on_yarn:
                self._examine_cluster(stack)
            if look("stream", self._see_stream, needs="ticket"):
                given = self._given
                node = options.node_settings(
                    **{name: given[name] for name in options.NODE_SETTINGS}
                    | {"patience": min(given["patience"], _PATIENCE_SECONDS)}
                )
                creation = TopicCreation(given["create_topics"])
                examine_node(self._checkup, node, self._proof)
                examine_kafka(self._checkup, self._identity.kafka, self._streams(), creation)

    def _examine_cluster(self, stack: contextlib.ExitStack) -> None:
        look = self._checkup.look
        look("hadoop", lambda: self._see_hadoop(stack), needs="ticket")
        look("hdfs", self._see_hdfs, needs="hadoop")
        look("yarn", self._see_yarn, needs="hadoop")
        look("queue", self._see_queue, needs="yarn")
        look("archive", self._see_archive)

    def _see_settings(self) -> str:
        """Where each value that is no default came from; the values may be secrets."""
        self._identity = identity(self._given)
        return ", ".join(_sources(click.get_current_context())) or "nothing but defaults"

    def _see_java(self) -> str:
        self._java = find_java(os.environ)
        return f"{self._java.path}, version {self._java.version}"

    def _see_spark(self) -> str:
        self._spark = find_spark_submit(self._given["spark_submit"], os.environ)
        check_java(self._java, self._spark.version)
        return f"{self._spark.path}, Spark {self._spark.version}"

    def _see_master(self) -> str:
        master = choose_master(spark_settings(self._given), self._spark, os.environ)
        self._on_yarn = not is_local(master.url)
        return f"{master.url}: {master.why}"

    def _see_ticket(self, stack: contextlib.ExitStack) -> str:
        stack.enter_context(ticket(self._identity))
        kerberos = self._identity.kerberos
        if kerberos is None:
            return "no keytab is given; where Kerberos is asked for, your own ticket is taken"
        return f"{kerberos.principal}, from {kerberos.keytab}"

    def _see_hadoop(self, stack: contextlib.ExitStack) -> str:
        self._hadoop = stack.enter_context(open_hadoop_by(self._given, self._spark, self._java.path))
        return f"{find_conf_dir(os.environ)}, as {self._hadoop.user}"

    def _see_hdfs(self) -> str:
        layout = HdfsLayout.of(self._hadoop.files, self._given["hdfs_dir"])
        self._hadoop.files.check_writable(layout.base)
        return f"{layout.base} can be written to"

    def _see_yarn(self) -> str:
        nodes = self._hadoop.applications.check()
        return f"{nodes} active node{'' if nodes == 1 else 's'}"

    def _see_queue(self) -> str:
        name = self._given["queue"] or _DEFAULT_QUEUE
        applications = self._hadoop.applications
        queue = applications.describe_queue(name)
        if queue is None:
            raise SubmissionError(
                f"there is no queue {name}", hint=f"the queues are: {', '.join(applications.queue_names())}"
            )
        if not applications.may_submit(name):
            raise NotAuthorizedError(
                f"{self._hadoop.user} may not submit to the queue {name}",
                hint="ask for SUBMIT_APPLICATIONS on it",
            )
        return f"{name} is {queue.state.lower()}, {queue.used:.0%} of its share is used"

    def _see_archive(self) -> str:
        archive = self._given["env_archive"]
        if archive is None:
            return "packed on the way, from " + next(
                (str(self._given[n]) for n in ("env_file", "env_prefix", "env_name") if self._given[n]),
                "the conda-env.yml of ethlogs",
            )
        if "://" not in archive:
            return f"{archive}, with {find_interpreter(options.existing_archive(archive))}"
        size = self._hadoop.files.size(archive)
        if size is None:
            raise SubmissionError(
                f"--env-archive {archive} does not exist", hint="ethlogs pack --upload makes one"
            )
        return f"{archive}, {size / 1e6:.1f} MB"

    def _see_stream(self) -> str:
        stream = self._streams()
        return f"{stream.topic}, ledger {stream.ledger_topic}"

    def _streams(self) -> Any:
        return options.stream_settings(self._given["topic"])


def _sources(context: click.Context) -> list[str]:
    found = []
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        flag = parameter.opts[-1]
        if source is ParameterSource.COMMANDLINE:
            found.append(f"{flag} given")
        elif source is ParameterSource.ENVIRONMENT:
            found.append(f"{flag} from {parameter.envvar}")
        elif source is ParameterSource.DEFAULT_MAP:
            found.append(f"{flag} from {config_path(context)}")
    return found
