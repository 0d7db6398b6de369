"""The checkup of HDFS, YARN, the queue and the environment's archive."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from ethlogs.counted import counted
from ethlogs.doctor.checkup import Checkup, Warned
from ethlogs.environment import find_interpreter, require_packages
from ethlogs.environment.channels import find_silent_channels
from ethlogs.environment.condarc import check_certificates, read_condarc
from ethlogs.environment.spec import DEFAULT_FILE, read_spec
from ethlogs.hadoop.client import Hadoop, find_conf_dir
from ethlogs.settings.command import LaunchOptions
from ethlogs.spark.java import Java
from ethlogs.spark.memory import describe_too_little, needed_overheads
from ethlogs.spark.submit import SparkSubmit, read_configured
from ethlogs.submission.applications import open_hadoop_with
from ethlogs.submission.checked import check_archive, check_environment, missing_archive
from ethlogs.submission.identity import Caller, Identity
from ethlogs.submission.layout import HdfsLayout
from ethlogs.submission.left_files import LeftFiles
from ethlogs.submission.livy import open_livy
from ethlogs.submission.packages import needed_packages
from ethlogs.submission.queue import check_queue, choose_queue

_NO_CHANNEL = (
    "name your company's mirror in the environment file or in .condarc; where nothing can be reached, pack"
    " elsewhere and give --env-archive"
)
_GIVE_KEYTAB = "for a run without an end give --principal and --keytab"
_LIVY_IS_OPEN = "whoever reaches it can submit as its user: ask for livy.server.auth.type=kerberos"


def check_memory(options: LaunchOptions, configured: Mapping[str, str]) -> str | Warned:
    """Warn of containers that YARN would end: Spark's own default leaves Python no memory."""
    asked = {**configured, **dict(options.spark.conf)}
    needed = needed_overheads(options.spark, options.yarn, asked, needs_executors=True)
    too_little = describe_too_little(needed, asked)
    if too_little:
        return Warned(
            "; ".join(too_little), "remove these settings, which ethlogs then computes, or raise them"
        )
    given = {key: asked.get(key, f"{mib}m") for key, mib in needed.items()}
    return ", ".join(f"{key} {value}" for key, value in given.items())


class ClusterExamination:
    """The checks of a cluster; nothing is written to it."""

    def __init__(
        self,
        options: LaunchOptions,
        spark: SparkSubmit,
        java: Java,
        caller: Caller,
        identity: Identity | None,
        stack: contextlib.ExitStack,
    ) -> None:
        """``stack`` keeps Hadoop's clients open for as long as the checkup lasts.

        ``identity`` is how Kafka is reached; ``None`` where a setting of it is wrong.
        """
        self._options = options
        self._spark = spark
        self._java = java
        self._caller = caller
        self._identity = identity
        self._stack = stack
        self._hadoop: Hadoop

    def examine(self, checkup: Checkup) -> None:
        """Check the cluster in the order in which a submission needs it."""
        look = checkup.look
        look("hadoop", self._check_hadoop, needs="ticket")
        look("hdfs", self._check_hdfs, needs="hadoop")
        look("yarn", self._check_yarn, needs="hadoop")
        look("queue", self._check_queue, needs="yarn")
        if self._options.yarn.livy_url is not None:
            look("livy", self._check_livy, needs="hadoop")
        look("left files", self._check_left_files, needs="yarn")
        look("archive", self._check_archive)
        look("memory", self._check_memory)

    def _check_hadoop(self) -> str | Warned:
        opened = open_hadoop_with(self._caller, self._spark, self._java.path)
        self._hadoop = self._stack.enter_context(opened)
        text = f"{find_conf_dir(os.environ)}, as {self._hadoop.user}"
        has_keytab = self._identity is not None and self._identity.kerberos is not None
        if self._hadoop.is_secured and not has_keytab:
            return Warned(f"{text}, by your own ticket, so a run ends after 7 days", _GIVE_KEYTAB)
        return text

    def _check_hdfs(self) -> str:
        layout = HdfsLayout.of(self._hadoop.files, self._options.yarn.hdfs_dir)
        self._hadoop.files.check_writable(layout.base)
        layout.check_owner()
        return f"{layout.base} can be written to"

    def _check_yarn(self) -> str:
        nodes = self._hadoop.applications.check()
        return counted(nodes, "active node")

    def _check_queue(self) -> str:
        name = choose_queue(self._options.yarn, self._options.spark, self._configured())
        queue = check_queue(self._hadoop.applications, name, self._hadoop.user)
        return f"{name} is {queue.state.lower()}, {queue.used:.0%} of its share is used"

    def _check_livy(self) -> str | Warned:
        """Look whether Livy answers this caller; what it lets him submit, only a batch would show."""
        with open_livy(self._options.yarn, self._caller) as livy:
            if livy is None:
                return "not given"
            version, batches = livy.fetch_version(), livy.list_batches()
            proof, shown = livy.proof, livy.shown
        text = f"{shown}, version {version}, {batches} batch{'' if batches == 1 else 'es'}"
        if proof is not None:
            return f"{text}, authenticated by {proof}"
        if self._hadoop.is_secured:
            return Warned(f"{text}; it has no authentication, on a cluster with Kerberos", _LIVY_IS_OPEN)
        return f"{text}, asks for no authentication"

    def _check_left_files(self) -> str | Warned:
        left = LeftFiles.of(self._hadoop, self._options.yarn.hdfs_dir, self._configured()).find()
        if not left:
            return "no files of an ended run are left on HDFS"
        return Warned(
            f"settings and keys of ended runs are left on HDFS: {', '.join(left)}",
            "ethlogs clean removes them, and so does the next run",
        )

    def _check_memory(self) -> str | Warned:
        return check_memory(self._options, self._configured())

    def _configured(self) -> dict[str, str]:
        return read_configured(self._options.spark, self._spark, os.environ)

    def _check_environment(self) -> str | Warned:
        """Check what an environment would be made from; a channel that is away may not be needed now."""
        environment, condarc = check_environment(self._options.environment), read_condarc()
        check_certificates(condarc)
        source = environment.env_prefix or environment.env_name
        silent = []
        if source is None:
            spec = read_spec(Path(environment.env_file or DEFAULT_FILE))
            silent = find_silent_channels(spec, condarc, os.environ)
        shown = source or environment.env_file or "the conda-env.yml of ethlogs"
        text = f"packed when needed, from {shown}"
        if not silent:
            return text
        return Warned(f"{text}; channels that do not answer: {'; '.join(silent)}", _NO_CHANNEL)

    def _check_archive(self) -> str | Warned:
        archive = self._options.yarn.env_archive
        if archive is None:
            return self._check_environment()
        if "://" not in archive:
            path = check_archive(archive)
            if self._identity is not None:
                require_packages(path, needed_packages(self._identity.kafka, self._identity.kerberos))
            return f"{archive}, with {find_interpreter(path)}"
        size = self._hadoop.files.size(archive)
        if size is None:
            raise missing_archive(archive)
        return f"{archive}, {size / 1e6:.1f} MB"
