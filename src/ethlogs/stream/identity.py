"""What a stream is bound to: one chain, and its two topics as they were when it began."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka.topics import Topic
from ethlogs.ledger import Claim, StreamIdentity


@dataclass(frozen=True)
class StreamTopics:
    """The stream's topics, as they were when the run began."""

    event_logs: Topic
    ledger: Topic

    def identity(self, chain_id: int, genesis_hash: str) -> StreamIdentity:
        """What the stream is bound to."""
        if not self.event_logs.topic_id or not self.ledger.topic_id:
            raise TopicError("this Kafka does not give topic ids (KIP-516): it must be 2.8 or later")
        return StreamIdentity(
            chain_id=chain_id,
            genesis_hash=genesis_hash,
            topic=self.event_logs.name,
            topic_id=self.event_logs.topic_id,
            ledger_topic_id=self.ledger.topic_id,
            partitions=self.event_logs.partitions,
            ledger_partitions=self.ledger.partitions,
        )


def check_identity(claim: Claim | None, now: StreamIdentity) -> None:
    """Refuse a stream that is bound to something else.

    Raises
    ------
    SettingsError
        When the chain or one of the topics is another.
    """
    if claim is None:
        return
    differences = claim.identity.differences(now)
    if differences:
        raise SettingsError(
            "this stream is bound to something else: " + "; ".join(differences),
            hint="point --node-url, --bootstrap-server and --topic at what the stream was begun with, or"
            " begin a new stream with another --topic",
        )
