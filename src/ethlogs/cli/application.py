"""The options of ``stop`` and ``tail`` that name an application."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from ethlogs.cli.say import say
from ethlogs.hadoop.client import require_cluster
from ethlogs.settings import BrokerOptions, KerberosOptions, StreamSettings
from ethlogs.settings.submission import ApplicationOptions, HdfsOptions, ProxyOptions, SparkProgram
from ethlogs.submission.applications import ApplicationHandle, Wanted, open_application
from ethlogs.submission.identity import Caller


@dataclass(frozen=True)
class ApplicationCommandOptions:
    """The options that name an application, and who asks for it."""

    application: ApplicationOptions
    stream: StreamSettings
    brokers: BrokerOptions
    hdfs: HdfsOptions
    kerberos: KerberosOptions
    proxy: ProxyOptions
    spark: SparkProgram


@contextlib.contextmanager
def open_wanted_application(
    options: ApplicationCommandOptions,
) -> Iterator[tuple[ApplicationHandle, Caller]]:
    """Yield the application that the options name, and who asks for it.

    Raises
    ------
    SettingsError
        When this machine does not say where a cluster is: these commands have no --master to give instead.
    """
    require_cluster(
        os.environ,
        ". A run on this machine has its log in its folder, which it names when it begins: driver.log",
    )
    spark_submit = options.spark.spark_submit
    which = options.application
    wanted = Wanted(which.application, options.brokers, options.stream, which.job)
    with (
        Caller(
            options.kerberos, say, spark_submit=spark_submit, proxy_user=options.proxy.proxy_user
        ) as caller,
        open_application(caller, spark_submit, options.hdfs.hdfs_dir, wanted) as handle,
    ):
        yield handle, caller
