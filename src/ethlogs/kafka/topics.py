"""Topics as the cluster describes them."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from ethlogs.errors import TopicError
from ethlogs.kafka.client_config import admin_config
from ethlogs.kafka.errors import connect, mapped_errors
from ethlogs.kafka.rights import WRITER, MissingRightError, missing_right, require_rights
from ethlogs.settings import KafkaSettings

_HIDDEN = 29
"""TOPIC_AUTHORIZATION_FAILED: nobody without DESCRIBE learns whether the topic is there."""
_NO_TOPIC_ID = str(uuid.UUID(int=0))
_READ_CONFIGS = (
    "cleanup.policy",
    "retention.ms",
    "retention.bytes",
    "max.message.bytes",
    "min.insync.replicas",
    "compression.type",
)


@dataclass(frozen=True)
class Topic:
    """A topic as the cluster describes it."""

    name: str
    topic_id: str
    partitions: int
    replication_factor: int
    config: dict[str, str]
    operations: frozenset[str]
    """What this principal may do with it (KIP-430), like ``WRITE``; empty where the broker does not say."""


@contextlib.contextmanager
def admin_client(settings: KafkaSettings) -> Iterator[KafkaAdminClient]:
    """An admin client, closed at the end, with its errors mapped; a missing right names this client."""
    client = connect(KafkaAdminClient, admin_config(settings), settings)
    try:
        with mapped_errors("describing the topics"):
            yield client
    except MissingRightError as exc:
        raise exc.of_client(settings) from exc
    finally:
        client.close()


def list_hosts(settings: KafkaSettings) -> list[str]:
    """The brokers' hosts, as they advertise them."""
    with admin_client(settings) as client:
        return [str(broker["host"]) for broker in client.describe_cluster()["brokers"]]


def describe_topic(client: KafkaAdminClient, name: str, needed: frozenset[str] = frozenset()) -> Topic | None:
    """The topic, or ``None`` where there is none.

    Raises
    ------
    NotAuthorizedError
        When this principal may not see it, or lacks a right that is ``needed`` on it.
    """
    described = next((t for t in client.describe_topics([name]) if t.get("name") == name), None)
    if described is not None and described.get("error_code") == _HIDDEN:
        raise missing_right(name, needed or {"DESCRIBE"})
    if described is None or described.get("error_code"):
        return None
    partitions = described["partitions"]
    operations = frozenset(described.get("authorized_operations") or ())
    require_rights(name, operations, needed)
    return Topic(
        name=name,
        topic_id=_topic_id_of(described),
        partitions=len(partitions),
        replication_factor=min((len(p.get("replica_nodes", ())) for p in partitions), default=0),
        config=_describe_config(client, name),
        operations=operations,
    )


def _topic_id_of(described: dict[str, Any]) -> str:
    """The topic's id; empty where the brokers have none, also those that know of it and send zeros."""
    topic_id = str(described.get("topic_id") or "")
    return "" if topic_id == _NO_TOPIC_ID else topic_id


def missing_topic(name: str) -> TopicError:
    """The error for a topic that is not there."""
    return TopicError(
        f"the topic {name} does not exist",
        hint="create it with --create-topics; for ethlogs backfill give --partitions N too, which cannot be"
        " changed later",
    )


def require_topic(client: KafkaAdminClient, name: str, seconds: float) -> Topic:
    """Return a topic that the stream can write to, within ``seconds`` where it was just created.

    Raises
    ------
    NotAuthorizedError
        When this principal lacks a right that a run needs on it.
    TopicError
        When it does not exist.
    """
    deadline = time.monotonic() + seconds
    while True:
        topic = describe_topic(client, name, WRITER)
        if topic is not None:
            return topic
        if time.monotonic() >= deadline:
            raise missing_topic(name)
        time.sleep(0.1)


def _describe_config(client: KafkaAdminClient, name: str) -> dict[str, str]:
    described: Any = client.describe_configs([ConfigResource("TOPIC", name)], config_filter="all")
    found = _find_entries(described, name)
    return {key: str(found[key]) for key in _READ_CONFIGS if found.get(key) is not None}


def _find_entries(described: Any, name: str) -> dict[str, Any]:
    entries = described["topic"][name]
    return {key: item["value"] if isinstance(item, dict) else item for key, item in entries.items()}
