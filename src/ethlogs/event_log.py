"""The record of one event log: the public contract of the event-log topic.

key: the contract's address, 0x-prefixed lower-case hex text; value: compact UTF-8 JSON with always
the same fields in the same order, whichever node answered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import orjson
from eth_utils.address import to_checksum_address

from ethlogs.errors import LedgerError
from ethlogs.proof import ProvenBlock, ProvenLog

_NOT_REMOVED, _REMOVED = b'"removed":false}', b'"removed":true}'


class Record(NamedTuple):
    """A Kafka record's key and value, both as they are sent."""

    key: bytes
    value: bytes


@lru_cache(maxsize=65_536)
def checksum_address(address: str) -> str:
    """The address in EIP-55 form; cached, since a few contracts emit most logs."""
    return to_checksum_address(address)


def encode_event_log(chain_id: int, block: ProvenBlock, log: ProvenLog, *, removed: bool = False) -> Record:
    """Encode one event log of a proven block.

    ``removed`` follows the convention of geth's log subscription: true in the retraction of a log
    whose block was orphaned by a reorg.
    """
    value = orjson.dumps(
        {
            "chainId": chain_id,
            "address": checksum_address(log.address),
            "topics": log.topics,
            "data": log.data,
            "blockNumber": block.number,
            "blockHash": block.hash,
            "blockTimestamp": block.timestamp,
            "transactionHash": log.transaction_hash,
            "transactionIndex": log.transaction_index,
            "logIndex": log.log_index,
            "removed": removed,
        }
    )
    return Record(log.address.encode(), value)


def encode_retraction(record: Record) -> Record:
    """The retraction of a record that was produced: the same bytes, but ``removed`` is true.

    Raises
    ------
    LedgerError
        When the record is not one of :func:`encode_event_log`.
    """
    if not record.value.endswith(_NOT_REMOVED):
        raise LedgerError(
            "a record of the event-log topic is not one that ethlogs wrote: it cannot be retracted",
            hint="does another program write to this topic? ethlogs verify names the record",
        )
    return Record(record.key, record.value.removesuffix(_NOT_REMOVED) + _REMOVED)


def encode_event_logs(chain_id: int, block: ProvenBlock) -> list[Record]:
    """Encode all event logs of a proven block, in the order of their log index."""
    return [encode_event_log(chain_id, block, log) for log in block.logs]
