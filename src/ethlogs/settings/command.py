"""The option groups of every command that starts a driver."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.settings.kafka import KafkaOptions, KerberosOptions
from ethlogs.settings.node import NodeOptions
from ethlogs.settings.output import OutputOptions, TimeoutOptions
from ethlogs.settings.selection import SelectionOptions
from ethlogs.settings.stream import StreamSettings, TopicCreation
from ethlogs.settings.submission import EnvironmentOptions, RunFolderOptions, SparkSettings, YarnOptions


@dataclass(frozen=True)
class LaunchOptions:
    """The option groups of a command that starts a driver, here or on YARN."""

    node: NodeOptions
    kafka: KafkaOptions
    kerberos: KerberosOptions
    stream: StreamSettings
    topics: TopicCreation
    selection: SelectionOptions
    spark: SparkSettings
    yarn: YarnOptions
    environment: EnvironmentOptions
    limits: TimeoutOptions
    run_folder: RunFolderOptions
    output: OutputOptions
