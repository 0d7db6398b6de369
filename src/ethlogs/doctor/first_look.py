"""A first look, before Spark is started, at everything that would end a run at once."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import replace

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import EthlogsError, LedgerError, NodeUnavailableError, SettingsError
from ethlogs.follow.plan import plan_range
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.reading import has_records
from ethlogs.kafka.rights import WRITER
from ethlogs.kafka.topics import Topic, admin_client, describe_topic, missing_topic
from ethlogs.node import Node
from ethlogs.node.trouble import FIRST_CONTACT_SECONDS
from ethlogs.notify import Notify
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, StreamSettings
from ethlogs.stream.tail import Tail, read_tails
from ethlogs.submission.identity import Identity

_CONNECT_SECONDS = 1.0
_NODE_SECONDS = 2.0
_KAFKA_LIMIT = ("bootstrap.timeout.ms", "3000")
_EMPTY = Tail(tip=None, newest=None, end_offset=0, stable=True)

Tails = Mapping[int, Tail]
"""The ends of the ledger's partitions; empty where there is no ledger yet, or it cannot be read."""


def look_first(settings: RunSettings, warn: Notify | None = None) -> None:
    """Refuse a missing topic, and heights that the chain does not have, as the driver would.

    Nothing else ends a run here: this machine may not reach what a container reaches, and what does not
    answer now may answer within the driver's patience. ``warn`` hears of a node that does not answer, where
    the driver begins much later than this.

    Raises
    ------
    TopicError
        When a topic is missing and nobody is asked to create it.
    SettingsError
        When ``--start``, ``--from`` or ``--to`` do not go with chain and stream.
    """
    _look_at_stream(settings)
    if warn is not None:
        _warn_of_silence(settings.node, warn)


def _look_at_stream(settings: RunSettings) -> None:
    kafka = settings.kafka
    if not _is_near(kafka):
        return
    quick = replace(kafka, client=(*kafka.client, _KAFKA_LIMIT))
    missing: str | None = None
    tails: Tails = {}
    names_heights = _names_heights(settings)
    with contextlib.suppress(EthlogsError), Identity(quick, settings.kerberos).ticket():
        topic, ledger = _describe_topics(quick, settings.stream)
        missing = settings.stream.topic if topic is None else settings.stream.ledger_topic
        if topic is not None and ledger is not None:
            missing = None
            tails = read_tails(quick, ledger.name, range(ledger.partitions)) if names_heights else {}
            # Records that no ledger accounts for are the driver's to refuse, whatever the heights.
            names_heights = names_heights and not (_is_new(tails) and has_records(quick, topic))
    if missing is not None and not settings.topics.create:
        raise missing_topic(missing)
    head = _fetch_head(settings.node) if names_heights else None
    if head is not None:
        _check_heights(settings, tails, head)


def _names_heights(settings: RunSettings) -> bool:
    heights, history = settings.range, settings.backfill
    return any(given is not None for given in (heights.start, heights.to, history.first))


def _check_heights(settings: RunSettings, tails: Tails, head: int) -> None:
    first = settings.backfill.first
    if first is not None and settings.backfill.to is None and first > head:
        raise SettingsError(
            f"--from {first} is above the head of the chain, block {head}",
            hint="give a block that the chain has, or --to to wait for it",
        )
    if settings.range.start is not None or _begins_at_head(settings, tails):
        with contextlib.suppress(LedgerError):
            follower = tails.get(FOLLOWER_PARTITION, _EMPTY)
            plan_range(settings.range, follower, head, topic_has_records=False)


def _begins_at_head(settings: RunSettings, tails: Tails) -> bool:
    """Whether a run without ``--start`` begins at the newest block: that of a stream without any block."""
    follow = settings.follow
    return _is_new(tails) and follow.head == "latest" and not follow.confirmations


def _is_new(tails: Tails) -> bool:
    return all(tail.tip is None and tail.newest is None for tail in tails.values())


def _is_near(kafka: KafkaSettings) -> bool:
    """Whether a broker's port can be reached from here: else kafka-python tries until its limit."""
    for server in kafka.bootstrap_servers.split(","):
        host, _, port = server.strip().rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), _CONNECT_SECONDS):
            return True
    return False


def _describe_topics(kafka: KafkaSettings, stream: StreamSettings) -> tuple[Topic | None, Topic | None]:
    """Return the event-log topic and the ledger, as far as they are there."""
    with admin_client(kafka) as client:
        topic = describe_topic(client, stream.topic, WRITER)
        return topic, describe_topic(client, stream.ledger_topic, WRITER)


def _warn_of_silence(node: NodeSettings, warn: Notify) -> None:
    """Say where no URL answers here, which a wrong URL does not either."""
    seconds = min(node.request_timeout_seconds, _NODE_SECONDS)
    impatient = replace(node, patience_seconds=0.0, request_timeout_seconds=seconds)
    try:
        with contextlib.closing(Node(impatient, StopSwitch(), lambda _notice: None)) as opened:
            opened.connect()
    except NodeUnavailableError as exc:
        tries = min(node.patience_seconds, FIRST_CONTACT_SECONDS)
        warn(f"warning: {exc}; a driver that cannot reach it either tries for {tries:g} s in each attempt")
    except EthlogsError as exc:
        warn(f"warning: {exc}")


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
