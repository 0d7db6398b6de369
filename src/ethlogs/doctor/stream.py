"""The check of an existing stream: its tip, and what it is bound to, as a run would find them."""

from __future__ import annotations

from ethlogs.counted import counted
from ethlogs.doctor.checkup import Warned
from ethlogs.errors import LedgerError
from ethlogs.kafka.reading import has_records
from ethlogs.node.endpoint import NodeIdentity
from ethlogs.settings import KafkaSettings
from ethlogs.stream.identity import StreamTopics, check_identity
from ethlogs.stream.tail import Tail, read_tail
from ethlogs.stream.truncation import check_not_truncated


def check_tip(settings: KafkaSettings, topics: StreamTopics) -> str | Warned:
    """Check that the ledger accounts for what is on the event-log topic.

    Raises
    ------
    LedgerError
        When the topic has records and the ledger has none.
    TopicError
        When the topic ends before the records of the tip, which the ledger names.
    """
    tail = read_tail(settings, topics.ledger.name)
    if tail.tip is None:
        if tail.newest is None and not has_records(settings, topics.ledger):
            _require_empty(settings, topics)
        return "the stream has no block yet"
    check_not_truncated(settings, topics.event_logs.name, tail.tip)
    text = f"the stream's tip is block {tail.tip.block_number}"
    return text if tail.stable else f"{text}; a transaction is open, so somebody is writing"


def _require_empty(settings: KafkaSettings, topics: StreamTopics) -> None:
    if has_records(settings, topics.event_logs):
        raise LedgerError(
            f"the topic {topics.event_logs.name} has records, and its ledger {topics.ledger.name} is empty",
            hint="give another --topic. Where nobody needs these records, delete both topics and start again",
        )


def check_binding(settings: KafkaSettings, topics: StreamTopics, chain: NodeIdentity | None) -> str:
    """Check that chain and topics are those to which the stream is bound.

    Raises
    ------
    SettingsError
        When one of them is another.
    TopicError
        When the brokers do not give topic ids.
    """
    tail = read_tail(settings, topics.ledger.name)
    chain_id, genesis = _choose_chain(tail, chain)
    now = topics.identity(chain_id, genesis)
    claim = tail.newest.claim if tail.newest else None
    check_identity(claim, now)
    if claim is None:
        return "nothing yet: the first run binds the stream to its chain and topics"
    return f"chain id {chain_id}, {counted(now.partitions, 'partition')}, topic id {now.topic_id}"


def _choose_chain(tail: Tail, chain: NodeIdentity | None) -> tuple[int, str]:
    """Return the node's chain, else that of the stream: without a node the topics are compared alone."""
    if chain is not None:
        return chain.chain_id, chain.genesis_hash
    identity = tail.newest.claim.identity if tail.newest else None
    return (identity.chain_id, identity.genesis_hash) if identity else (0, "")
