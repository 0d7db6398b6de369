"""A reader of a stream's ledger that notes when each block was visible under read_committed."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, TopicPartition

from benchmarks.lab import Lab
from ethlogs.kafka.creation import ensure_topics
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation

GRACE_SECONDS = 20.0


@dataclass(frozen=True)
class Recorded:
    """A block of the ledger."""

    height: int
    slot: int
    """The ledger's partition."""
    at: float
    """When the record was seen, on the monotonic clock."""


class LedgerWatch:
    """Reads the ledger of a new stream, whose topics it creates."""

    def __init__(self, lab: Lab, topic: str) -> None:
        stream = StreamSettings(topic)
        ensure_topics(KafkaSettings(lab.bootstrap), stream, TopicCreation(create=True, partitions=6))
        self._consumer = KafkaConsumer(
            bootstrap_servers=lab.bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,
        )
        numbers = self._consumer.partitions_for_topic(stream.ledger_topic) or ()
        self._consumer.assign([TopicPartition(stream.ledger_topic, number) for number in numbers])
        self._recorded: list[Recorded] = []
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="ledger watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def wait_for(self, blocks: int) -> list[Recorded]:
        """Wait until so many blocks were seen, and return them."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._recorded) >= blocks, GRACE_SECONDS):
                raise SystemExit(f"bench: the ledger has {len(self._recorded)} of {blocks} blocks")
            return list(self._recorded)

    def count(self) -> int:
        """Return how many blocks were seen so far."""
        return len(self._recorded)

    def _read(self) -> None:
        while not self._ended.is_set():
            for partition, records in self._consumer.poll(timeout_ms=100).items():
                at = time.monotonic()
                heights = [json.loads(record.value) for record in records if record.key.isdigit()]
                with self._changed:
                    self._recorded += [
                        Recorded(height["blockNumber"], partition.partition, at) for height in heights
                    ]
                    self._changed.notify_all()
        self._consumer.close()
