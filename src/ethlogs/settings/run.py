"""The settings of a run: all that a driver needs to know, in one frozen object."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.settings.backfill import BackfillSettings
from ethlogs.settings.kafka import KafkaSettings, KerberosSettings
from ethlogs.settings.metrics import Address
from ethlogs.settings.node import NodeSettings
from ethlogs.settings.selection import SelectionSettings
from ethlogs.settings.stream import FollowSettings, RangeSettings, StreamSettings, TopicCreation


@dataclass(frozen=True)
class RunSettings:
    """Everything that a driver needs to know."""

    run: str
    job: str
    """The name of a job in :mod:`ethlogs.driver.jobs`."""

    node: NodeSettings
    kafka: KafkaSettings
    stream: StreamSettings = StreamSettings()
    topics: TopicCreation = TopicCreation()
    selection: SelectionSettings = SelectionSettings()
    range: RangeSettings = RangeSettings()
    follow: FollowSettings = FollowSettings()
    backfill: BackfillSettings = BackfillSettings()
    timeout_seconds: float | None = None
    metrics_listen: Address | None = None
    """Where the driver serves Prometheus metrics, if anywhere."""

    replace: bool = False
    """Whether the user consents to take the stream from another run that still writes to it."""

    kerberos: KerberosSettings | None = None
