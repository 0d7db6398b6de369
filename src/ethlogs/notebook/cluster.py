"""A notebook's access to the cluster: its user, and its folder on HDFS."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ethlogs.hadoop.client import Hadoop, require_cluster
from ethlogs.settings import KerberosOptions
from ethlogs.settings.submission import HdfsOptions, ProxyOptions, RunFolderOptions, SparkProgram
from ethlogs.submission.applications import open_cluster
from ethlogs.submission.identity import Caller


def warn(text: str) -> None:
    """Show a warning as Python does."""
    warnings.warn(text.removeprefix("warning: "), stacklevel=3)


@dataclass(frozen=True)
class FindOptions:
    """The options of ``attach`` and ``runs``."""

    hdfs: HdfsOptions
    kerberos: KerberosOptions
    proxy: ProxyOptions
    spark: SparkProgram
    run_folder: RunFolderOptions


@dataclass(frozen=True)
class ClusterAccess:
    """The settings for opening the cluster."""

    kerberos: KerberosOptions
    proxy_user: str | None
    spark_submit: str | None
    hdfs_dir: str | None

    @classmethod
    def of(cls, options: FindOptions) -> ClusterAccess:
        """Return the access that options give."""
        return cls(
            options.kerberos,
            options.proxy.proxy_user,
            options.spark.spark_submit,
            options.hdfs.hdfs_dir,
        )

    def in_folder(self, hdfs_dir: str | None) -> ClusterAccess:
        """Return the same with the folder on HDFS that a run was started with, where one was named."""
        return self if hdfs_dir is None else replace(self, hdfs_dir=hdfs_dir)

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[Hadoop, Caller]]:
        """Yield Hadoop's clients, and who asks.

        Raises
        ------
        SettingsError
            When this machine does not say where the cluster of a run is.
        """
        require_cluster(os.environ, ". The run is on YARN, and its state is known there")
        with (
            Caller(self.kerberos, warn, spark_submit=self.spark_submit, proxy_user=self.proxy_user) as caller,
            open_cluster(caller, self.spark_submit) as hadoop,
        ):
            yield hadoop, caller
