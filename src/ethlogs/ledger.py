"""The ledger's records: one for each block of the stream, and the claims of its writers.

The ledger is a compacted topic. Its partition :data:`FOLLOWER_PARTITION` holds what the follower
writes, in the order of the chain, so that its last block record is the stream's tip; backfills write
:data:`BACKFILL_PARTITION`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from ethlogs.errors import LedgerError

FORMAT = 1
FOLLOWER_PARTITION = 0
BACKFILL_PARTITION = 1
PARTITIONS = 2
CLAIM_KEY = b"claim"


@dataclass(frozen=True, slots=True)
class Reorgs:
    """The reorgs of a stream so far: how many, the deepest in blocks, and what they took back."""

    count: int = 0
    deepest: int = 0
    blocks: int = 0
    logs: int = 0


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """One block of the stream: produced, and proven.

    ``offsets`` maps each partition of the event-log topic that the block's logs went to, to the
    offset of the last of them: a consumer that is past these has the whole block.
    ``claim`` is the offset of the claim under which the block was produced, so that the newest claim
    is found from the tip without reading the ledger. ``stream_blocks`` and ``stream_logs`` count the
    follower's blocks and event logs up to this one, for the same reason, and ``stream_reorgs`` the reorgs.
    """

    chain_id: int
    block_number: int
    block_hash: str
    parent_hash: str
    block_timestamp: int
    transactions: int
    logs: int
    proof: str
    finalized: int | None
    offsets: dict[int, int]
    run: str
    claim: int
    stream_blocks: int
    stream_logs: int
    stream_reorgs: Reorgs = Reorgs()

    @property
    def key(self) -> bytes:
        """The record's key: the height as decimal text."""
        return str(self.block_number).encode()

    def encode(self) -> bytes:
        """The record's value: compact JSON."""
        return orjson.dumps(
            {
                "format": FORMAT,
                "chainId": self.chain_id,
                "blockNumber": self.block_number,
                "blockHash": self.block_hash,
                "parentHash": self.parent_hash,
                "blockTimestamp": self.block_timestamp,
                "transactions": self.transactions,
                "logs": self.logs,
                "proof": self.proof,
                "finalized": self.finalized,
                "offsets": {str(partition): offset for partition, offset in self.offsets.items()},
                "run": self.run,
                "claim": self.claim,
                "streamBlocks": self.stream_blocks,
                "streamLogs": self.stream_logs,
                "streamReorgs": self.stream_reorgs,
            }
        )


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """What a stream is bound to: one chain and one incarnation of each topic."""

    chain_id: int
    genesis_hash: str
    topic: str
    topic_id: str
    ledger_topic_id: str
    partitions: int

    def differences(self, other: StreamIdentity) -> list[str]:
        """What differs in ``other``, one sentence each."""
        names = {
            "chain_id": "chain id",
            "genesis_hash": "genesis hash",
            "topic": "event-log topic",
            "topic_id": "topic id of the event-log topic (it was recreated)",
            "ledger_topic_id": "topic id of the ledger (it was recreated)",
            "partitions": "partition count of the event-log topic",
        }
        return [
            f"{name}: the ledger says {getattr(self, field)}, now it is {getattr(other, field)}"
            for field, name in names.items()
            if getattr(self, field) != getattr(other, field)
        ]


@dataclass(frozen=True, slots=True)
class Claim:
    """Committed by a run before its first block: the newest claim owns the stream."""

    run: str
    attempt: int
    first_block: int
    last_block: int | None
    identity: StreamIdentity
    proof: str
    head: str
    confirmations: int
    gap_after: int | None
    """The tip that ``--allow-gap`` jumped ahead of, where it did."""
    claimed_at: int
    """Seconds since 1970, for people."""

    def encode(self) -> bytes:
        """The record's value: compact JSON."""
        identity = self.identity
        return orjson.dumps(
            {
                "format": FORMAT,
                "claim": self.run,
                "attempt": self.attempt,
                "firstBlock": self.first_block,
                "lastBlock": self.last_block,
                "chainId": identity.chain_id,
                "genesisHash": identity.genesis_hash,
                "topic": identity.topic,
                "topicId": identity.topic_id,
                "ledgerTopicId": identity.ledger_topic_id,
                "partitions": identity.partitions,
                "proof": self.proof,
                "head": self.head,
                "confirmations": self.confirmations,
                "gapAfter": self.gap_after,
                "claimedAt": self.claimed_at,
            }
        )


def parse_ledger_record(key: bytes | None, value: bytes | None, where: str) -> BlockRecord | Claim | None:
    """Decode a record of the ledger; ``None`` for a tombstone.

    Raises
    ------
    LedgerError
        When it is no record of a ledger, or one of a format newer than this program knows.
    """
    if value is None:
        return None
    try:
        fields = orjson.loads(value)
        _check_format(fields, where)
        return _parse_claim(fields) if key == CLAIM_KEY else _parse_block(key, fields)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as exc:
        raise LedgerError(
            f"{where} is not a record that ethlogs wrote ({type(exc).__name__}: {exc})",
            hint="is --ledger-topic the ledger of this stream, and does nothing else write to it?",
        ) from exc


def _check_format(fields: Any, where: str) -> None:
    number = fields["format"]
    if type(number) is int and number > FORMAT:
        raise LedgerError(
            f"{where} has format {number}; this version of ethlogs knows format {FORMAT}",
            hint="run the version of ethlogs that wrote it, or a newer one",
        )
    if type(number) is not int or number != FORMAT:
        raise ValueError(f"format {number!r}")


def _parse_block(key: bytes | None, fields: dict[str, Any]) -> BlockRecord:
    record = BlockRecord(
        chain_id=_integer(fields, "chainId"),
        block_number=_integer(fields, "blockNumber"),
        block_hash=_text(fields, "blockHash"),
        parent_hash=_text(fields, "parentHash"),
        block_timestamp=_integer(fields, "blockTimestamp"),
        transactions=_integer(fields, "transactions"),
        logs=_integer(fields, "logs"),
        proof=_text(fields, "proof"),
        finalized=_optional_integer(fields, "finalized"),
        offsets=_offsets(fields["offsets"]),
        run=_text(fields, "run"),
        claim=_integer(fields, "claim"),
        stream_blocks=_integer(fields, "streamBlocks"),
        stream_logs=_integer(fields, "streamLogs"),
        stream_reorgs=_reorgs(fields["streamReorgs"]),
    )
    if record.key != key:
        raise ValueError(f"the key is {key!r}, the block number {record.block_number}")
    return record


def _parse_claim(fields: dict[str, Any]) -> Claim:
    return Claim(
        run=_text(fields, "claim"),
        attempt=_integer(fields, "attempt"),
        first_block=_integer(fields, "firstBlock"),
        last_block=_optional_integer(fields, "lastBlock"),
        identity=StreamIdentity(
            chain_id=_integer(fields, "chainId"),
            genesis_hash=_text(fields, "genesisHash"),
            topic=_text(fields, "topic"),
            topic_id=_text(fields, "topicId"),
            ledger_topic_id=_text(fields, "ledgerTopicId"),
            partitions=_integer(fields, "partitions"),
        ),
        proof=_text(fields, "proof"),
        head=_text(fields, "head"),
        confirmations=_integer(fields, "confirmations"),
        gap_after=_optional_integer(fields, "gapAfter"),
        claimed_at=_integer(fields, "claimedAt"),
    )


def _integer(fields: dict[str, Any], name: str) -> int:
    value = fields[name]
    if type(value) is not int or value < 0:
        raise TypeError(f"{name} is {value!r}")
    return value


def _offsets(value: Any) -> dict[int, int]:
    if not isinstance(value, dict):
        raise TypeError(f"offsets is {value!r}")
    return {int(partition): _integer(value, partition) for partition in value}


def _reorgs(value: Any) -> Reorgs:
    if not isinstance(value, dict):
        raise TypeError(f"streamReorgs is {value!r}")
    names = ("count", "deepest", "blocks", "logs")
    return Reorgs(**{name: _integer(value, name) for name in names})


def _optional_integer(fields: dict[str, Any], name: str) -> int | None:
    return None if fields[name] is None else _integer(fields, name)


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}")
    return value
