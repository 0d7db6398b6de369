"""The record of one event log: the public contract of the event-log topic.

key: the contract's address, 0x-prefixed lower-case hex text; value: compact UTF-8 JSON with always
the same fields in the same order, whichever node answered. :class:`EventLog` is the one list of these fields:
the encoder writes it, verify reads by it, and docs/data-on-kafka.md is tested against it.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ethlogs.decoding.addresses import checksum_address
from ethlogs.decoding.decoder import Decoded, Decoder
from ethlogs.errors import LedgerError
from ethlogs.proof import ProvenBlock, ProvenLog

_NOT_REMOVED, _REMOVED = b'"removed":false}', b'"removed":true}'


class EventLog(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The value's fields in their order; each with its kind and where it is taken from."""

    chain_id: Annotated[int, Meta(title="integer", description="the node, checked against the stream's")]
    address: Annotated[str, Meta(title="EIP-55 text", description="the proven receipt")]
    topics: Annotated[list[str], Meta(title="list of 0 to 4 hashes", description="the proven receipt")]
    data: Annotated[str, Meta(title="hex", description="the proven receipt")]
    block_number: Annotated[int, Meta(title="integer", description="the header")]
    block_hash: Annotated[str, Meta(title="hash", description="the header's own bytes")]
    block_timestamp: Annotated[int, Meta(title="integer, seconds since 1970", description="the header")]
    transaction_hash: Annotated[
        str, Meta(title="hash", description="the block's transaction at `transactionIndex`")
    ]
    transaction_index: Annotated[int, Meta(title="integer", description="the place in the proven receipts")]
    log_index: Annotated[int, Meta(title="integer", description="the place in the proven receipts")]
    decoded: Annotated[
        Decoded | UnsetType | None,
        Meta(
            title="object or `null`",
            description="topics and data, by the ABIs of `--abi`; only in a stream that has some",
        ),
    ] = UNSET
    removed: Annotated[
        bool,
        Meta(
            title="`false` or `true`",
            description="`true` takes the event log back: its block was orphaned by a reorg",
        ),
    ]


class EventLogField(NamedTuple):
    """A field of :class:`EventLog`, as it is on Kafka."""

    name: str
    type: type
    kind: str
    source: str
    always: bool
    """Whether every stream's records have it."""


def _describe(field: msgspec.structs.FieldInfo) -> EventLogField:
    annotated, meta = typing.get_args(field.type)
    return EventLogField(
        field.encode_name,
        typing.get_origin(annotated) or annotated,
        meta.title,
        meta.description,
        always=field.required,
    )


FIELDS = tuple(_describe(field) for field in msgspec.structs.fields(EventLog))
"""The fields of an event log in their order."""

ALWAYS = tuple(field for field in FIELDS if field.always)
"""Those that every stream's records have."""


class Record(NamedTuple):
    """A Kafka record's key and value, both as they are sent."""

    key: bytes
    value: bytes


_encode = msgspec.json.Encoder().encode
_new = tuple.__new__  # half the cost of the named tuple's own constructor


def encode_retraction(record: Record) -> Record:
    """The retraction of a record that was produced: the same bytes, but ``removed`` is true.

    Raises
    ------
    LedgerError
        When the record is not one of :func:`encode_event_logs`.
    """
    if not record.value.endswith(_NOT_REMOVED):
        raise LedgerError(
            "a record of the event-log topic is not one that ethlogs wrote: it cannot be retracted",
            hint="does another program write to this topic? ethlogs verify names the record",
        )
    return Record(record.key, record.value.removesuffix(_NOT_REMOVED) + _REMOVED)


class _Place(msgspec.Struct, rename="camel"):
    log_index: int


_PLACE = msgspec.json.Decoder(_Place)


def log_index_of(record: Record) -> int:
    """The log index of a record of :func:`encode_event_logs`: of a selection they are not consecutive."""
    return _PLACE.decode(record.value).log_index


def encode_event_logs(
    chain_id: int,
    block: ProvenBlock,
    logs: Sequence[ProvenLog] | None = None,
    decoder: Decoder | None = None,
) -> list[Record]:
    """Encode event logs of a proven block, all of them where ``logs`` does not say which, in their order."""
    records = []
    for address, topics, data, transaction_hash, transaction_index, log_index in (
        block.logs if logs is None else logs
    ):
        value = EventLog(
            chain_id=chain_id,
            address=checksum_address(address),
            topics=topics,
            data=data,
            block_number=block.number,
            block_hash=block.hash,
            block_timestamp=block.timestamp,
            transaction_hash=transaction_hash,
            transaction_index=transaction_index,
            log_index=log_index,
            decoded=decoder.decode(address, topics, data) if decoder else UNSET,
            removed=False,
        )
        records.append(_new(Record, (address.encode(), _encode(value))))
    return records
