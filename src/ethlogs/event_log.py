"""The record of one event log: the public contract of the event-log topic.

key: the contract's address, 0x-prefixed lower-case hex text; value: compact UTF-8 JSON with always
the same fields in the same order, whichever node answered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import orjson
from eth_utils.address import to_checksum_address

from ethlogs.proof import ProvenBlock, ProvenLog


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


def encode_event_logs(chain_id: int, block: ProvenBlock) -> list[Record]:
    """Encode all event logs of a proven block, in the order of their log index."""
    return [encode_event_log(chain_id, block, log) for log in block.logs]
