"""The ledger's records: one for each block of the stream, and the claims of its writers.

The ledger is a compacted topic. Its partition 0 holds what the follower writes, in the order of the chain,
so that its last block record is the stream's tip. Every other partition is a slot of the backfill. The
classes here are the records, field by field, in the order in which they are written.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from ethlogs.decoding.record import DecodingRecord
from ethlogs.errors import LedgerError
from ethlogs.selection import SelectionRecord

# Rises only where a reader of the old format would be wrong: fields that it does not know are ignored.
FORMAT = 1

CREATED_PARTITIONS = 33
"""The follower's partition and 32 slots, when ethlogs creates the ledger."""

LEAST_PARTITIONS = 2
"""The follower's partition and one slot."""

CLAIM_KEY = b"claim"

Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A count, a height or an offset, as far as Kafka and consumers' tables can hold one."""

Span = tuple[Natural, Natural]
"""The first and the last offset of a block's records in a partition of the event-log topic."""


class Reorgs(msgspec.Struct, frozen=True, rename="camel"):
    """The reorgs of a stream so far: how many, the deepest in blocks, and what they retracted."""

    count: Natural = 0
    deepest: Natural = 0
    blocks: Natural = 0
    logs: Natural = 0


class BlockRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One block of the stream: produced, and proven."""

    format: int = FORMAT
    chain_id: Natural
    block_number: Natural
    block_hash: str
    parent_hash: str
    block_timestamp: Natural
    transactions: Natural | None
    """How many the block has; ``None`` where only its header was asked for."""
    logs: Natural | None
    """How many event logs the block has; ``None`` where only its header was asked for."""
    produced: Natural
    """How many of them are on the event-log topic."""
    unproven_logs: Natural
    """How many more the node listed that no root of the block commits to: they are left out."""
    proof: str
    finalized: Natural | None
    offsets: dict[Natural, Span]
    """Where the block's records lie in each partition of the event-log topic that has any.

    In the record of a common ancestor they reach to the end of the retractions behind it.
    """
    ranges: tuple[Span, ...]
    """The heights that this partition of the ledger holds, up to this record."""
    run: str
    claim: Natural
    """The offset of the claim under which the block was produced."""
    stream_blocks: Natural
    """How many blocks this partition of the ledger holds."""
    stream_logs: Natural
    """How many event logs of them are on the event-log topic."""
    stream_unproven_logs: Natural
    """How many event logs of them were left out because no root commits to them."""
    stream_reorgs: Reorgs

    @property
    def key(self) -> bytes:
        """The record's key: the height as decimal text."""
        return str(self.block_number).encode()

    @property
    def last_offsets(self) -> dict[int, int]:
        """The last offset in each partition: a consumer that is past these has the block."""
        return {partition: last for partition, (_, last) in self.offsets.items()}

    def encode(self) -> bytes:
        """Return the record's value: compact JSON."""
        return msgspec.json.encode(self)


class StreamIdentity(msgspec.Struct, frozen=True, rename="camel"):
    """The identity of a stream: one chain and one incarnation of each topic."""

    chain_id: Natural
    genesis_hash: str
    topic: str
    topic_id: str
    ledger_topic_id: str
    partitions: Natural
    ledger_partitions: Natural

    def differences(self, other: StreamIdentity) -> list[str]:
        """Return what differs in ``other``, one sentence each."""
        names = {
            "chain_id": "chain id",
            "genesis_hash": "genesis hash",
            "topic": "event-log topic",
            "topic_id": "topic id of the event-log topic (it was recreated)",
            "ledger_topic_id": "topic id of the ledger (it was recreated)",
            "partitions": "partition count of the event-log topic",
            "ledger_partitions": "partition count of the ledger",
        }
        return [
            f"{name}: the ledger says {getattr(self, field)}, now it is {getattr(other, field)}"
            for field, name in names.items()
            if getattr(self, field) != getattr(other, field)
        ]


class Claim(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Committed by a run before its first block in a partition: the newest claim owns the partition."""

    format: int = FORMAT
    run: str
    attempt: Natural
    first_block: Natural
    last_block: Natural | None
    identity: StreamIdentity
    selection: SelectionRecord | None
    """Which event logs the stream selects; ``None`` for all of them."""
    decoding: DecodingRecord | None
    """Which ABIs its event logs are decoded by; ``None`` for none."""
    least_proof: str
    head: str
    confirmations: Natural
    gap_after: Natural | None
    """The tip that ``--allow-gap`` jumped ahead of, where it did."""
    repeats: Natural | None = None
    """The offset of the claim that this one repeats: committed by a run that waits, and at its end."""
    released: bool = False
    """Whether the run has ended on purpose: the next one does not have to watch it first."""
    claimed_at: Natural
    """Seconds since 1970, for people."""

    def encode(self) -> bytes:
        """Return the record's value: compact JSON."""
        return msgspec.json.encode(self)


class _Formatted(msgspec.Struct):
    """What every record has, whatever its format."""

    format: int


_SHOWN_BYTES = 40
_HEIGHT = re.compile(rb"0|[1-9][0-9]{0,18}")

_FORMATTED = msgspec.json.Decoder(_Formatted)
_BLOCK = msgspec.json.Decoder(BlockRecord)
_CLAIM = msgspec.json.Decoder(Claim)


def height_of_key(key: bytes | None) -> int | None:
    """Return the height that a record's key names, in the one form that the ledger has; else ``None``."""
    return int(key) if key is not None and _HEIGHT.fullmatch(key) else None


def is_ledger_key(key: bytes | None) -> bool:
    """Return whether a record can be one of a ledger: its key is a height, or that of the claims."""
    return key == CLAIM_KEY or height_of_key(key) is not None


def show_key(key: bytes | None) -> str:
    """Return a record's key for a message: another program's may be megabytes long."""
    if key is None or len(key) <= _SHOWN_BYTES:
        return repr(key)
    return f"{key[:_SHOWN_BYTES]!r}… ({len(key)} bytes)"


def parse_ledger_record(key: bytes | None, value: bytes | None, where: str) -> BlockRecord | Claim | None:
    """Decode a record of the ledger; ``None`` for a tombstone.

    Raises
    ------
    LedgerError
        When it is not a record of a ledger, or one of a format newer than this program knows.
    """
    if value is None:
        return None
    try:
        _check_format(_FORMATTED.decode(value).format, where)
        return _CLAIM.decode(value) if key == CLAIM_KEY else _parse_block(key, value)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as exc:
        raise LedgerError(
            f"{where} is not a record that ethlogs wrote ({type(exc).__name__}: {exc})",
            hint="another program wrote it: end that program. Only ethlogs may have WRITE on the ledger."
            " Where it hides the newest block or claim, write that record again over it, as"
            " docs/when-something-differs.md shows, or begin a new stream with another --topic",
        ) from exc


def _check_format(number: int, where: str) -> None:
    if number > FORMAT:
        raise LedgerError(
            f"{where} has format {number}; this version of ethlogs knows format {FORMAT}",
            hint="run the version of ethlogs that wrote it, or a newer one",
        )
    if number != FORMAT:
        raise ValueError(f"format {number!r}")


def _parse_block(key: bytes | None, value: bytes) -> BlockRecord:
    record = _BLOCK.decode(value)
    if record.key != key:
        raise ValueError(f"the key is {show_key(key)}, the block number {record.block_number}")
    return record
