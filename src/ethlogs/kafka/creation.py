"""The settings with which a topic is created: what the cluster's policies allow, and no replica too few."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import InvalidConfigurationError, KafkaError, PolicyViolationError

from ethlogs.errors import SettingsError

_MAX_MESSAGE = "max.message.bytes"
_MIN_INSYNC = "min.insync.replicas"
_REFUSED = (PolicyViolationError, InvalidConfigurationError)
_SAFE_REPLICATION = 3
"""With three replicas and two in sync one broker may be lost without a pause."""


def create_within_policies(create: Callable[[dict[str, str]], object], config: dict[str, str]) -> None:
    """Call ``create`` with the settings; where a policy refuses them, with smaller messages.

    Raises
    ------
    SettingsError
        With the reason of the first refusal, where every try is refused.
    """
    first: KafkaError | None = None
    for tried in _list_configs(config):
        try:
            create(tried)
        except _REFUSED as exc:
            first = first or exc
        else:
            return
    if first is not None:
        raise SettingsError(
            f"Kafka refused the settings of a new topic: {first}",
            hint="does the cluster have a policy (create.topic.policy.class.name)? Create topics that it"
            " allows, with the settings in docs/data-on-kafka.md, or have it changed",
        ) from first


def _list_configs(config: dict[str, str]) -> Iterator[dict[str, str]]:
    yield config
    if _MAX_MESSAGE not in config:
        return
    size = int(config[_MAX_MESSAGE]) // 2
    # Kafka's own default, 1 MiB, is what a policy at least allows.
    while size >= 1 << 20:
        yield {**config, _MAX_MESSAGE: str(size)}
        size //= 2
    yield {name: value for name, value in config.items() if name != _MAX_MESSAGE}


def with_safe_replicas(
    client: KafkaAdminClient, name: str, partitions: int, replication: int, config: dict[str, str]
) -> dict[str, str]:
    """Return the settings with two replicas in sync, where the topic will have three or more."""
    if _find_replication(client, name, partitions, replication) < _SAFE_REPLICATION:
        return config
    return {**config, _MIN_INSYNC: "2"}


def _find_replication(client: KafkaAdminClient, name: str, partitions: int, replication: int) -> int:
    """The number that is wanted, else the broker's default, which it says where it only validates."""
    if replication > 0:
        return replication
    with contextlib.suppress(KafkaError):
        answer = client.create_topics([NewTopic(name, partitions, replication)], validate_only=True)
        return max((int(topic.get("replication_factor") or -1) for topic in answer["topics"]), default=-1)
    return -1
