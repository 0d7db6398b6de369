"""The checkup of ``ethlogs doctor``: this machine first, then the cluster, the node and Kafka."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ethlogs.doctor.checkup import Checkup, Warned
from ethlogs.doctor.cluster import ClusterExamination
from ethlogs.doctor.kafka import examine_kafka
from ethlogs.doctor.node import examine_node
from ethlogs.errors import EthlogsError, KerberosError, SettingsError
from ethlogs.kafka.topics import list_hosts
from ethlogs.notify import Notify
from ethlogs.settings import NodeSettings, ProofSettings, display_url
from ethlogs.settings.command import LaunchOptions
from ethlogs.spark.java import Java, check_java, find_java
from ethlogs.spark.own_python import find_own_python
from ethlogs.spark.submit import SparkSubmit, choose_master, find_spark_home, find_spark_submit, is_local
from ethlogs.submission.checked import check_node, check_spark, check_stream
from ethlogs.submission.hosts import list_problems
from ethlogs.submission.identity import Caller, Identity
from ethlogs.submission.launch import open_caller

# What does not answer at once is a finding.
_PATIENCE_SECONDS = 5.0

_OTHER_HOSTS = (
    "give host names that YARN's nodes know too, and let brokers advertise such names (advertised.listeners);"
    " ethlogs doctor --in-cluster tries them from a container"
)
_OWN_PYTHON = (
    "a driver on YARN needs the environment that ethlogs packs, and a driver here needs this Python:"
    " remove the line, or give --spark-submit of a Spark without it"
)


@dataclass(frozen=True)
class Sources:
    """The places that settings came from: for messages, which never repeat a value."""

    listed: Sequence[str]
    place_of: Callable[[str | None], str | None]
    """The place of a flag's value."""


class MachineExamination:
    """The checks of one command; what a check finds, the later ones use."""

    def __init__(
        self, checkup: Checkup, options: LaunchOptions, proof: ProofSettings, sources: Sources, warn: Notify
    ) -> None:
        self._checkup = checkup
        self._options = options
        self._proof = proof
        self._sources = sources
        self._warn = warn
        self._java: Java
        self._spark: SparkSubmit
        self._identity: Identity
        self._node: NodeSettings
        self._on_yarn = False

    def examine(self) -> None:
        """Check everything, in the order in which a run needs it."""
        look = self._checkup.look
        with contextlib.ExitStack() as stack:
            caller = stack.enter_context(open_caller(self._options, self._warn))
            look("settings", lambda: self._check_settings(caller))
            self._look_at_tools()
            look("ticket", lambda: self._check_ticket(stack), needs="settings")
            if self._on_yarn:
                identity = None if self._checkup.has_failed("settings") else self._identity
                cluster = ClusterExamination(self._options, self._spark, self._java, caller, identity, stack)
                cluster.examine(self._checkup)
            if look("stream", self._check_stream, needs="ticket"):
                self._examine_services()

    def _look_at_tools(self) -> None:
        look = self._checkup.look
        look("java", self._check_java)
        look("spark", self._check_spark, needs="java")
        look("master", self._check_master, needs="spark")

    def _examine_services(self) -> None:
        chain = None
        if self._checkup.look("node url", self._check_node_settings):
            chain = examine_node(self._checkup, self._node, self._proof)
        kafka, options = self._identity.kafka, self._options
        examine_kafka(self._checkup, kafka, options.stream, options.topics, chain)
        if self._on_yarn:
            self._checkup.look("hosts", self._check_hosts, needs="node url")

    def _check_hosts(self) -> str | Warned:
        """Check the names by which a container would look for node and brokers."""
        advertised: list[str] = []
        if not self._checkup.has_failed("kafka"):
            with contextlib.suppress(EthlogsError):
                advertised = list_hosts(self._identity.kafka)
        problems = list_problems(self._node, self._identity.kafka, advertised)
        if problems:
            return Warned("; ".join(problems), _OTHER_HOSTS)
        return "node and brokers have names that other machines can know"

    def _check_node_settings(self) -> str:
        patience = min(self._options.node.patience, _PATIENCE_SECONDS)
        try:
            self._node = check_node(replace(self._options.node, patience=patience), self._warn)
        except SettingsError as exc:
            raise exc.at(self._sources.place_of(exc.flag)) from exc
        return ", ".join(display_url(url) for url in self._node.urls)

    def _check_settings(self, caller: Caller) -> str:
        """Say where each value that is not a default came from; the values may be secrets."""
        try:
            self._identity = caller.identify(self._options.kafka, self._options.node.patience)
        except SettingsError as exc:
            raise exc.at(self._sources.place_of(exc.flag)) from exc
        return ", ".join(self._sources.listed) or "nothing but defaults"

    def _check_java(self) -> str:
        self._java = find_java(os.environ)
        return f"{self._java.path}, version {self._java.version}"

    def _check_spark(self) -> str | Warned:
        self._spark = find_spark_submit(self._options.spark.spark_submit, os.environ)
        check_java(self._java, self._spark.version, find_spark_home(self._spark))
        text = f"{self._spark.path}, Spark {self._spark.version}"
        places = find_own_python(self._spark, self._options.spark, os.environ)
        return Warned(f"{text}; {', '.join(places)}", _OWN_PYTHON) if places else text

    def _check_master(self) -> str:
        master = choose_master(check_spark(self._options.spark), self._spark, os.environ)
        self._on_yarn = not is_local(master.url)
        return f"{master.url}: {master.why}"

    def _check_ticket(self, stack: contextlib.ExitStack) -> str:
        stack.enter_context(self._identity.ticket())
        kerberos = self._identity.kerberos
        if kerberos is None:
            return self._describe_own_ticket()
        return f"{kerberos.principal}, from {kerberos.keytab}"

    def _describe_own_ticket(self) -> str:
        if self._on_yarn and self._identity.uses_gssapi:
            raise KerberosError(
                "Kafka asks for a Kerberos ticket, and your own is not shipped to a driver on YARN",
                hint="give --principal and --keytab, from which the driver obtains and renews its own",
            )
        return "no --keytab: your own ticket is used, if the cluster asks for Kerberos"

    def _check_stream(self) -> str:
        stream = check_stream(self._options.stream)
        return f"{stream.topic}, ledger {stream.ledger_topic}"
