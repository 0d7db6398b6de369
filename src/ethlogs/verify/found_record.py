"""A record of the event-log topic as it was found, and what it says it is."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import orjson

from ethlogs.event_log import ALWAYS
from ethlogs.verify.differences import Difference, Kind

DIGEST_BYTES = 16

_LARGEST = 2**63 - 1
_TYPES = tuple((field.name, field.type) for field in ALWAYS)


class FoundRecord:
    """One record; its value is decoded when it is first asked for."""

    __slots__ = ("_log", "key", "offset", "partition", "topic", "value")

    def __init__(
        self, topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value

    @property
    def log(self) -> dict[str, Any] | None:
        """The event log; ``None`` where the value is not one of the public contract."""
        try:
            return self._log
        except AttributeError:
            self._log: dict[str, Any] | None = _parse_log(self.value)
            return self._log

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


def _parse_log(value: bytes | None) -> dict[str, Any] | None:
    try:
        log = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(log, dict):
        return None
    if any(type(log.get(name)) is not kind for name, kind in _TYPES):
        return None
    # No block has such a number, and no node can be asked for it.
    if any(not 0 <= log[name] <= _LARGEST for name, kind in _TYPES if kind is int):
        return None
    return log
