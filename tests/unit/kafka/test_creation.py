"""A topic is created with the largest messages that the cluster's policies allow.

``create`` is a fake: a broker of the devnet has no policy.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from kafka.errors import ClusterAuthorizationFailedError, InvalidConfigurationError, PolicyViolationError

from ethlogs.errors import SettingsError
from ethlogs.kafka.creation import create_within_policies, with_safe_replicas

CONFIG = {"cleanup.policy": "delete", "max.message.bytes": str(16 << 20)}


def test_smaller_messages_are_tried_where_a_policy_refuses_large_ones() -> None:
    tried: list[str | None] = []

    def create(config: dict[str, str]) -> None:
        tried.append(config.get("max.message.bytes"))
        if int(tried[-1] or 0) > 4 << 20:
            raise PolicyViolationError("messages of at most 4 MiB")

    create_within_policies(create, CONFIG)
    assert tried == [str(16 << 20), str(8 << 20), str(4 << 20)]


def test_the_reason_of_the_first_refusal_is_given_where_every_try_is_refused() -> None:
    tried: list[dict[str, str]] = []

    def create(config: dict[str, str]) -> None:
        tried.append(config)
        raise InvalidConfigurationError(f"refusal {len(tried)}")

    with pytest.raises(SettingsError, match=r"Kafka refused the settings of a new topic: .*refusal 1"):
        create_within_policies(create, CONFIG)
    assert tried[-1] == {"cleanup.policy": "delete"}


def test_what_no_smaller_message_helps_against_is_raised_at_once() -> None:
    def create(_config: dict[str, str]) -> None:
        raise ClusterAuthorizationFailedError("no")

    with pytest.raises(ClusterAuthorizationFailedError):
        create_within_policies(create, CONFIG)


class FakeBroker:
    """Says its default replication factor where it is asked to validate."""

    def __init__(self, default: int) -> None:
        self._default = default

    def create_topics(self, _topics: list[Any], *, validate_only: bool) -> dict[str, Any]:
        assert validate_only
        return {"topics": [{"replication_factor": self._default}]}


@pytest.mark.parametrize(
    ("wanted", "default", "is_safe"), [(3, 1, True), (1, 3, False), (-1, 3, True), (-1, 1, False)]
)
def test_two_replicas_have_to_be_in_sync_where_there_are_three(
    wanted: int, default: int, is_safe: bool
) -> None:
    broker = cast(Any, FakeBroker(default))
    config = with_safe_replicas(broker, "logs", 6, wanted, CONFIG)
    assert config == (CONFIG | {"min.insync.replicas": "2"} if is_safe else CONFIG)
