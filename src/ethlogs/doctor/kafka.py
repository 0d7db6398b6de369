"""Kafka: its brokers, the stream's topics, and this principal's rights; nothing is written."""

from __future__ import annotations

import time

from kafka.errors import (
    CoordinatorNotAvailableError,
    TransactionalIdAuthorizationFailedError,
    TransactionalIdNotFoundError,
)

from ethlogs.doctor.checkup import Checkup
from ethlogs.errors import EthlogsError
from ethlogs.kafka.rights import WRITER, missing_transaction_right
from ethlogs.kafka.topics import (
    Topic,
    admin_client,
    check_event_log_topic,
    check_ledger_topic,
    describe_brokers,
    describe_topic,
    missing_topic,
)
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation
from ethlogs.stream.tail import read_tail

_COORDINATOR_SECONDS = 10.0


def examine_kafka(
    checkup: Checkup, settings: KafkaSettings, stream: StreamSettings, creation: TopicCreation
) -> None:
    """Look at the brokers, both topics, the ledger's tail and the transactional id."""
    found: dict[str, Topic | None] = {}

    def see_topic(name: str) -> str:
        with admin_client(settings) as client:
            topic = found[name] = describe_topic(client, name, WRITER)
        if topic is None:
            if not creation.create:
                raise missing_topic(name)
            return f"{name} does not exist yet; --create-topics makes it"
        check = check_ledger_topic if name == stream.ledger_topic else check_event_log_topic
        warnings = check(topic)
        return "; ".join([f"{name}, {_settings_of(topic)}", _rights(topic), *warnings])

    checkup.look("kafka", lambda: _see_brokers(settings))
    checkup.look("topic", lambda: see_topic(stream.topic), needs="kafka")
    checkup.look("ledger", lambda: see_topic(stream.ledger_topic), needs="kafka")
    if found.get(stream.ledger_topic) is None:
        checkup.skip("tip", "there is no ledger")
    else:
        checkup.look("tip", lambda: _see_tip(settings, stream), needs="ledger")
    checkup.look("transactions", lambda: _see_transactional_id(settings, stream), needs="kafka")


def _see_brokers(settings: KafkaSettings) -> str:
    brokers = describe_brokers(settings)
    return f"{len(brokers)} broker{'' if len(brokers) == 1 else 's'}: {', '.join(brokers)}"


def _settings_of(topic: Topic) -> str:
    settings = ", ".join(f"{name}={value}" for name, value in topic.config.items())
    return f"{topic.partitions} partitions, replication {topic.replication_factor}, {settings}"


def _rights(topic: Topic) -> str:
    if not topic.operations:
        return "the brokers do not tell this principal's rights"
    return f"rights {', '.join(sorted(topic.operations))}"


def _see_tip(settings: KafkaSettings, stream: StreamSettings) -> str:
    tail = read_tail(settings, stream.ledger_topic)
    if tail.tip is None:
        return "the stream has no block yet"
    return f"the stream's tip is block {tail.tip.block_number}"


def _see_transactional_id(settings: KafkaSettings, stream: StreamSettings) -> str:
    """By its description: to use it would end the producer of a run."""
    name = stream.follower_id
    deadline = time.monotonic() + _COORDINATOR_SECONDS
    while True:
        try:
            with admin_client(settings) as client:
                state = client.describe_transactions([name])[name].state
            return f"{name} is {state.name.lower()}; WRITE on it shows at the next run"
        except EthlogsError as exc:
            cause = exc.__cause__
            if isinstance(cause, TransactionalIdNotFoundError):
                return f"{name} may be described and was never used; WRITE on it shows at the first run"
            if isinstance(cause, TransactionalIdAuthorizationFailedError):
                raise missing_transaction_right(name) from exc
            # A cluster on which nobody has used transactions yet makes their topic at the first question.
            if not isinstance(cause, CoordinatorNotAvailableError) or time.monotonic() > deadline:
                raise
        time.sleep(0.2)
