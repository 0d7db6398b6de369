"""The node and the topics of a run that writes a stream, opened together and closed at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ethlogs.cancellation import StopSwitch
from ethlogs.follow.trouble import KafkaTrouble
from ethlogs.kafka.creation import ensure_topics
from ethlogs.ledger import Claim, StreamIdentity
from ethlogs.node import Node, NodeIdentity
from ethlogs.run.journal import Journal
from ethlogs.settings import RunSettings
from ethlogs.stream.identity import StreamTopics
from ethlogs.stream.tail import newest_claims, read_tails
from ethlogs.stream.topic_watch import TopicWatch


class OpenStream(NamedTuple):
    """The node, the topics, and the patience with Kafka of a run that writes a stream."""

    node: Node
    chain: NodeIdentity
    trouble: KafkaTrouble
    topics: StreamTopics
    watch: TopicWatch

    @property
    def identity(self) -> StreamIdentity:
        """Return chain and topics, which tell this stream from every other."""
        return self.topics.identity(self.chain.chain_id, self.chain.genesis_hash)


@contextlib.contextmanager
def open_stream(settings: RunSettings, stop: StopSwitch, journal: Journal) -> Iterator[OpenStream]:
    """Connect with the node, make sure of the topics, and watch them until the block ends.

    Raises
    ------
    EthlogsError
        Why node or topics cannot be used.
    """
    with contextlib.closing(
        Node(settings.node, stop, journal.notify, has_answered=journal.has_begun)
    ) as node:
        journal.watch(node)
        journal.watch_waits(lambda: node.waiting)
        journal.find_node_name = lambda: node.name
        chain = node.connect()
        journal.chain_id = chain.chain_id
        trouble = KafkaTrouble(settings.kafka.patience_seconds, stop, journal)
        topic, ledger_topic, warnings = trouble.until_success(
            lambda: ensure_topics(settings.kafka, settings.stream, settings.topics)
        )
        for warning in warnings:
            journal.notify(warning)
        topics = StreamTopics(topic, ledger_topic)
        if not node.is_alone:
            partitions = range(ledger_topic.partitions)
            tails = trouble.until_success(lambda: read_tails(settings.kafka, ledger_topic.name, partitions))
            chain = _bind_to_stream(node, newest_claims(tails), chain)
            journal.chain_id = chain.chain_id
        with TopicWatch(settings.kafka, topics) as watch:
            yield OpenStream(node, chain, trouble, topics, watch)


def _bind_to_stream(node: Node, claims: Sequence[Claim], connected: NodeIdentity) -> NodeIdentity:
    """The chain of a stream that has begun; of several URLs the first to answer may serve another one."""
    if not claims:
        return connected
    stream = claims[0].identity
    return node.bind(NodeIdentity(stream.chain_id, stream.genesis_hash))
