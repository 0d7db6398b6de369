"""What would end a run at once, found out before Spark is started."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import EthlogsError, LedgerError
from ethlogs.follow.plan import plan_range
from ethlogs.kafka.rights import WRITER
from ethlogs.kafka.topics import admin_client, describe_topic, missing_topic
from ethlogs.node import Node
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.stream.tail import Tail, read_tail
from ethlogs.submission.identity import Identity

_CONNECT_SECONDS = 1.0
_KAFKA_LIMIT = ("bootstrap.timeout.ms", "3000")
_EMPTY = Tail(tip=None, newest=None, end_offset=0, stable=True)


def look_first(settings: RunSettings) -> None:
    """Refuse a missing topic, and heights that the chain does not have, as the driver would.

    Nothing else ends a run here: this machine may not reach what a container reaches, and what does not
    answer now may answer within the driver's patience.

    Raises
    ------
    TopicError
        When a topic is missing and nobody is asked to create it.
    SettingsError
        When ``--start`` or ``--to`` do not go with chain and stream.
    """
    kafka = settings.kafka
    if not _is_near(kafka):
        return
    quick = replace(kafka, client=(*kafka.client, _KAFKA_LIMIT))
    missing, tail = None, _EMPTY
    with contextlib.suppress(EthlogsError), Identity(quick, settings.kerberos).ticket():
        missing = _find_missing(quick, settings)
        if settings.range.start is not None and missing is None:
            tail = read_tail(quick, settings.stream.ledger_topic)
    if missing is not None and not settings.topics.create:
        raise missing_topic(missing)
    head = _fetch_head(settings.node) if settings.range.start is not None else None
    if head is not None:
        with contextlib.suppress(LedgerError):
            plan_range(settings.range, tail, head, topic_has_records=False)


def _is_near(kafka: KafkaSettings) -> bool:
    """Whether a broker's port can be reached from here: else kafka-python tries until its limit."""
    for server in kafka.bootstrap_servers.split(","):
        host, _, port = server.strip().rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), _CONNECT_SECONDS):
            return True
    return False


def _find_missing(kafka: KafkaSettings, settings: RunSettings) -> str | None:
    with admin_client(kafka) as client:
        for name in (settings.stream.topic, settings.stream.ledger_topic):
            if describe_topic(client, name, WRITER) is None:
                return name
    return None


def _fetch_head(node: NodeSettings) -> int | None:
    """Return the newest block; ``None`` where the node does not answer at once."""
    impatient = replace(node, patience_seconds=0.0)
    with (
        contextlib.suppress(EthlogsError),
        contextlib.closing(Node(impatient, StopSwitch(), lambda _notice: None)) as opened,
    ):
        opened.connect()
        return opened.fetch_quantity("eth_blockNumber")
    return None
