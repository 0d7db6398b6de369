"""Kafka: its brokers, the stream's topics, and this principal's rights; nothing is written."""

from __future__ import annotations

import time

from kafka.errors import (
    CoordinatorNotAvailableError,
    TransactionalIdAuthorizationFailedError,
    TransactionalIdNotFoundError,
)

from ethlogs.counted import counted
from ethlogs.doctor.checkup import Checkup, Warned
from ethlogs.doctor.stream import check_binding, check_tip
from ethlogs.errors import EthlogsError, NotAuthorizedError
from ethlogs.kafka.brokers import (
    check_transaction_log,
    check_transaction_timeout,
    describe_brokers,
    explain_missing_coordinator,
)
from ethlogs.kafka.client_config import codec_of
from ethlogs.kafka.codecs import require_codec
from ethlogs.kafka.creation import try_to_create
from ethlogs.kafka.rights import WRITER, missing_transaction_right
from ethlogs.kafka.topic_checks import check_event_log_topic, check_ledger_topic
from ethlogs.kafka.topics import Topic, admin_client, describe_topic, missing_topic
from ethlogs.node.endpoint import NodeIdentity
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation
from ethlogs.stream.identity import StreamTopics

_COORDINATOR_SECONDS = 10.0
_IS_IT_RIGHT = "Where the stream exists: is --topic right, and is --bootstrap-server that of its cluster?"
_CREATE = f"smoketest and produce create it with --create-topics. {_IS_IT_RIGHT}"
_IS_CREATED = f"--create-topics is given, so the first run creates it. {_IS_IT_RIGHT}"


def examine_kafka(
    checkup: Checkup,
    settings: KafkaSettings,
    stream: StreamSettings,
    creation: TopicCreation,
    chain: NodeIdentity | None = None,
) -> None:
    """Check the brokers, both topics, what the stream is bound to, and the transactional id.

    ``chain`` is the node's, where it is known.
    """
    _Examination(settings, stream, creation).examine(checkup, chain)


class _Examination:
    """The checks of one stream; what a check finds, the later ones use."""

    def __init__(self, settings: KafkaSettings, stream: StreamSettings, creation: TopicCreation) -> None:
        self._settings = settings
        self._stream = stream
        self._creation = creation
        self._topics: dict[str, Topic | None] = {}

    def examine(self, checkup: Checkup, chain: NodeIdentity | None) -> None:
        topic, ledger = self._stream.topic, self._stream.ledger_topic
        checkup.look("kafka", self._check_brokers)
        checkup.look("codec", self._check_codec)
        checkup.look("topic", lambda: self._check_topic(topic), needs="kafka")
        checkup.look("ledger", lambda: self._check_topic(ledger), needs="kafka")
        if not checkup.has_failed("topic", "ledger") and None in self._topics.values():
            checkup.look("creation", self._check_creation)
        found, found_ledger = self._topics.get(topic), self._topics.get(ledger)
        if found is None or found_ledger is None:
            checkup.skip("tip", "there is no stream yet")
        else:
            topics = StreamTopics(found, found_ledger)
            checkup.look("tip", lambda: check_tip(self._settings, topics), needs="ledger")
            checkup.look("bound to", lambda: check_binding(self._settings, topics, chain), needs="tip")
        checkup.look("transactions", self._check_transactional_id, needs="kafka")

    def _check_brokers(self) -> str:
        brokers = describe_brokers(self._settings)
        return f"{counted(len(brokers), 'broker')}: {', '.join(brokers)}"

    def _check_codec(self) -> str:
        codec = codec_of(self._settings)
        require_codec(codec, "batches are compressed")
        return f"batches are compressed by {codec}" if codec else "batches are not compressed"

    def _check_topic(self, name: str) -> str | Warned:
        with admin_client(self._settings) as client:
            topic = self._topics[name] = describe_topic(client, name, WRITER)
        if topic is None:
            how = _IS_CREATED if self._creation.create else _CREATE
            return Warned(f"{name} does not exist yet", how)
        check = check_ledger_topic if name == self._stream.ledger_topic else check_event_log_topic
        warnings = check(topic)
        text = "; ".join([f"{name}, {_describe_settings(topic)}", _describe_rights(topic), *warnings])
        return Warned(text) if warnings else text

    def _check_creation(self) -> str | Warned:
        """Let the brokers check the creation of what is missing, without creating it."""
        if self._topics[self._stream.topic] is None and self._topics[self._stream.ledger_topic] is not None:
            raise missing_topic(self._stream.topic)
        missing = [name for name, topic in self._topics.items() if topic is None]
        try:
            with admin_client(self._settings) as client:
                plans = [try_to_create(client, self._stream, name, self._creation) for name in missing]
        except NotAuthorizedError as exc:
            if self._creation.create:
                raise
            return Warned(str(exc), f"{exc.hint}; or have an administrator create the topics")
        return "; ".join(plans)

    def _check_transactional_id(self) -> str:
        """Check by describing it: to use it would end the producer of a run."""
        check_transaction_timeout(self._settings)
        check_transaction_log(self._settings, has_failed=False)
        name = self._stream.follower_id
        deadline = time.monotonic() + _COORDINATOR_SECONDS
        while True:
            try:
                with admin_client(self._settings) as client:
                    state = client.describe_transactions([name])[name].state
                return f"{name} has the state {state.name.lower()}; WRITE on it is checked by the next run"
            except EthlogsError as exc:
                cause = exc.__cause__
                if isinstance(cause, TransactionalIdNotFoundError):
                    return f"{name} has not been used yet; WRITE on it is checked by the first run"
                if isinstance(cause, TransactionalIdAuthorizationFailedError):
                    raise missing_transaction_right(name).of_client(self._settings) from exc
                # The brokers make the topic of transactions at the first question about one.
                if not isinstance(cause, CoordinatorNotAvailableError):
                    raise
                if time.monotonic() > deadline:
                    check_transaction_log(self._settings, has_failed=True)
                    raise explain_missing_coordinator(self._settings) from exc
            time.sleep(0.2)


def _describe_settings(topic: Topic) -> str:
    settings = ", ".join(f"{name}={value}" for name, value in topic.config.items())
    return f"{counted(topic.partitions, 'partition')}, replication {topic.replication_factor}, {settings}"


def _describe_rights(topic: Topic) -> str:
    if not topic.operations:
        return "the brokers do not say which rights this principal has"
    return f"rights {', '.join(sorted(topic.operations))}"
