"""A record of the event-log topic as it was found, and what it says it is."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from ethlogs.event_log import ALWAYS
from ethlogs.verify.differences import Difference, Kind

DIGEST_BYTES = 16

_TYPES = tuple((field.name, field.type) for field in ALWAYS)


class FoundRecord(NamedTuple):
    """One record; ``log`` is ``None`` where the value is not an event log of the public contract."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    log: dict[str, Any] | None

    @property
    def identity(self) -> tuple[int, str, int]:
        """Block number, block hash and log index of a record that is an event log."""
        log = self.log or {}
        return log["blockNumber"], log["blockHash"], log["logIndex"]

    @property
    def is_retraction(self) -> bool:
        """Whether it takes an event log back."""
        return self.log is not None and bool(self.log["removed"])

    def digest(self) -> bytes:
        """A short form of key and value, the same for an event log and for its retraction."""
        stem = (self.value or b"").removesuffix(b"true}").removesuffix(b"false}")
        return blake2b((self.key or b"") + b"\0" + stem, digest_size=DIGEST_BYTES).digest()

    def differs(self, kind: Kind, detail: str, **more: Any) -> Difference:
        """A difference at this record."""
        number, block_hash, log_index = self.identity if self.log else (None, None, None)
        place = {"block": number, "block_hash": block_hash, "log_index": log_index}
        return Difference(
            kind,
            detail,
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            **{**place, **more},
        )


Reread = Callable[[int, int], FoundRecord]
"""Reads the record at a partition and offset once more, for a message."""


def parse_found(
    topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None
) -> FoundRecord:
    """A record, its value decoded where it has the shape of an event log."""
    return FoundRecord(topic, partition, offset, key, value, _parse_log(value))


def _parse_log(value: bytes | None) -> dict[str, Any] | None:
    try:
        log = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(log, dict):
        return None
    if any(type(log.get(name)) is not kind for name, kind in _TYPES):
        return None
    return log
