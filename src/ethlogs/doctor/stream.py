"""The check of an existing stream: its tip, and what it is bound to, as a run would find them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ethlogs.counted import counted
from ethlogs.doctor.checkup import Warned
from ethlogs.errors import LedgerError
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.reading import has_records
from ethlogs.ledger import BlockRecord, Claim
from ethlogs.node.endpoint import NodeIdentity
from ethlogs.settings import KafkaSettings
from ethlogs.stream.identity import StreamTopics, check_identity
from ethlogs.stream.tail import Tail, newest_claims, read_tails
from ethlogs.stream.truncation import check_not_truncated


def check_tip(settings: KafkaSettings, topics: StreamTopics) -> str | Warned:
    """Check that the ledger accounts for what is on the event-log topic.

    Raises
    ------
    LedgerError
        When the topic has records and the ledger has none.
    TopicError
        When the topic ends before the records of the newest blocks, which the ledger names.
    """
    tails = _read_tails(settings, topics)
    if not newest_claims(tails) and not has_records(settings, topics.ledger):
        _require_empty(settings, topics)
    tips = {number: tail.tip for number, tail in tails.items() if tail.tip is not None}
    check_not_truncated(settings, topics.event_logs.name, list(tips.values()))
    text = _describe_tip(tips)
    stable = all(tail.stable for tail in tails.values())
    return text if stable else f"{text}; a transaction is open, so somebody is writing"


def _read_tails(settings: KafkaSettings, topics: StreamTopics) -> dict[int, Tail]:
    return read_tails(settings, topics.ledger.name, range(topics.ledger.partitions))


def _describe_tip(tips: Mapping[int, BlockRecord]) -> str:
    if FOLLOWER_PARTITION in tips:
        return f"the stream's tip is block {tips[FOLLOWER_PARTITION].block_number}"
    if not tips:
        return "the stream has no block yet"
    backfilled = counted(sum(tip.stream_blocks for tip in tips.values()), "backfilled block")
    return f"the stream has {backfilled}, and no followed one yet"


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
    claims = newest_claims(_read_tails(settings, topics))
    chain_id, genesis = _choose_chain(claims, chain)
    now = topics.identity(chain_id, genesis)
    for claim in claims:
        check_identity(claim, now)
    if not claims:
        return "nothing yet: the first run binds the stream to its chain and topics"
    return f"chain id {chain_id}, {counted(now.partitions, 'partition')}, topic id {now.topic_id}"


def _choose_chain(claims: Sequence[Claim], chain: NodeIdentity | None) -> tuple[int, str]:
    """Return the node's chain, else that of the stream: without a node the topics are compared alone."""
    if chain is not None:
        return chain.chain_id, chain.genesis_hash
    return (claims[0].identity.chain_id, claims[0].identity.genesis_hash) if claims else (0, "")
