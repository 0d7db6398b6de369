"""The differences that verify can find, and the JSON line of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

LONGEST_TEXT = 200
"""An event log's data can be megabytes; a difference shows the beginning."""


class Kind(StrEnum):
    """The kind of a difference; the comment says what is wrong."""

    MISSING_LOG = "missing-log"  # the block has it, the topic does not
    DOUBLED_LOG = "doubled-log"  # more than once, or once more outside of its block's place
    CHANGED_LOG = "changed-log"  # its record is not what the chain or the contract of the topic gives
    MISPLACED_LOG = "misplaced-log"  # another partition than its key's
    LOG_ORDER = "log-order"  # not after the log before it of the same contract
    EXTRA_LOG = "extra-log"  # the block has no log of this index
    ORPHANED_LOG = "orphaned-log"  # of a block that is not on the chain, and not retracted
    RETRACTION = "retraction"  # retracts what is not there, or not in the order of going back
    FOREIGN = "foreign"  # a record that ethlogs did not write
    MISSING_BLOCK = "missing-block"  # the ledger has no record of it
    DOUBLED_BLOCK = "doubled-block"  # follower and backfill both have it, or the backfill twice
    LEDGER_BLOCK = "ledger-block"  # the ledger's fields are not the block's
    LEDGER_COUNT = "ledger-count"  # the ledger's counts or ranges do not add up
    LEDGER_OFFSET = "ledger-offset"  # the offsets are not those of the block's records
    LEDGER_CLAIM = "ledger-claim"  # the block's claim is not there


@dataclass(frozen=True)
class Difference:
    """One thing that is wrong, and where: ``topic``, ``partition`` and ``offset`` name a record."""

    kind: Kind
    detail: str
    """What is wrong, as a sentence."""
    block: int | None = None
    last_block: int | None = None
    """The end of a range of blocks, where it is one."""
    block_hash: str | None = None
    log_index: int | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """What differs, by its name on Kafka: what is right, and what was found."""

    def to_json(self) -> bytes:
        """The line on stdout."""
        return orjson.dumps(
            {
                "difference": self.kind,
                "block": self.block,
                "lastBlock": self.block if self.last_block is None else self.last_block,
                "blockHash": self.block_hash,
                "logIndex": self.log_index,
                "topic": self.topic,
                "partition": self.partition,
                "offset": self.offset,
                "fields": {
                    name: {"expected": _shorten(expected), "found": _shorten(found)}
                    for name, (expected, found) in self.fields.items()
                },
                "detail": self.detail,
            }
        )


Tell = Callable[[Difference], None]


def differing(expected: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return which fields differ; one that is only on one side is ``None`` on the other."""
    names = [*expected, *(name for name in found if name not in expected)]
    return {name: (expected.get(name), found.get(name)) for name in names if not _same(name, expected, found)}


def _same(name: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    # 1 == True and 1 == 1.0 in Python; on Kafka they are different texts.
    if (name in expected) != (name in found):
        return False
    return type(expected[name]) is type(found[name]) and bool(expected[name] == found[name])


def _shorten(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[:LONGEST_TEXT]}… ({len(value)} characters)"
    if isinstance(value, Mapping):
        return {str(name): _shorten(item) for name, item in value.items()}
    return value
