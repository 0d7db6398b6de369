"""Latency at the head, from outside: from the node having a block to a consumer seeing all of it.

The bench puts each block on the chain itself and notes when the node has said that it has it; a
consumer under read_committed notes when the block's last event log and its ledger record are there.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from benchmarks.lab import Lab, Producing
from ethlogs.kafka.topics import ensure_topics
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation

START_SECONDS = 120.0
GRACE_SECONDS = 20.0


@dataclass(frozen=True)
class Latencies:
    """Milliseconds of each block, sorted, and what the run's own report says."""

    milliseconds: list[float]
    report: dict[str, Any]

    def quantile(self, share: float) -> float:
        """The value below which this share of the blocks is."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * share))]


def measure_latency(lab: Lab, node_url: str, blocks: int, block_seconds: float) -> Latencies:
    """Follow a live chain for ``blocks`` blocks of the default plan."""
    topic = lab.new_topic()
    stream = StreamSettings(topic)
    ensure_topics(KafkaSettings(lab.bootstrap), stream, TopicCreation(create=True))
    head = lab.net.geth.height()
    with Watcher(lab.bootstrap, stream) as watcher:
        flags = ("--node-url", node_url, "--start", "latest", "--blocks", str(blocks + 1))
        producing = Producing(lab, topic, *flags)
        try:
            watcher.wait_for(head, START_SECONDS)
            known_at = _commit_blocks(lab, head, blocks, block_seconds)
            watcher.wait_for(head + blocks, GRACE_SECONDS)
            report = producing.wait().report
        finally:
            producing.end()
    return Latencies(
        sorted((watcher.complete_at[height] - at) * 1000 for height, at in known_at.items()), report
    )


def _commit_blocks(lab: Lab, head: int, blocks: int, block_seconds: float) -> dict[int, float]:
    """When the node was known to have each block."""
    known_at = {}
    due = time.monotonic() + block_seconds
    for height in range(head + 1, head + blocks + 1):
        time.sleep(max(0.0, due - time.monotonic()))
        due += block_seconds
        lab.net.geth.commit_block()
        known_at[height] = time.monotonic()
    return known_at


@dataclass
class Seen:
    """What a consumer has of one block."""

    logs: int = 0
    logs_in_ledger: int | None = None


@dataclass
class Watcher:
    """A consumer of both topics of a stream."""

    bootstrap: str
    stream: StreamSettings
    complete_at: dict[int, float] = field(default_factory=dict)
    """When a block's ledger record and all of its event logs had been seen."""

    def __post_init__(self) -> None:
        self._seen: dict[int, Seen] = {}
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._consume, name="watcher", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def wait_for(self, height: int, seconds: float) -> None:
        """Wait until a block is complete."""
        with self._changed:
            if not self._changed.wait_for(lambda: height in self.complete_at, seconds):
                raise SystemExit(f"bench: block {height} was not on Kafka within {seconds:.0f} s")

    def _consume(self) -> None:
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            fetch_max_wait_ms=10,
        )
        names = (self.stream.topic, self.stream.ledger_topic)
        consumer.assign([TopicPartition(n, p) for n in names for p in consumer.partitions_for_topic(n) or ()])
        while not self._ended.is_set():
            for partition, records in consumer.poll(timeout_ms=100).items():
                for record in records:
                    self._take(partition.topic, record)
        consumer.close()

    def _take(self, topic: str, record: Any) -> None:
        value = json.loads(record.value)
        if "blockNumber" not in value or record.key == b"claim":
            return
        height = value["blockNumber"]
        seen = self._seen.setdefault(height, Seen())
        if topic == self.stream.ledger_topic:
            seen.logs_in_ledger = value["logs"]
        else:
            seen.logs += 1
        if seen.logs == seen.logs_in_ledger:
            with self._changed:
                self.complete_at[height] = time.monotonic()
                self._changed.notify_all()
