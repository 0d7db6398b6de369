"""Latency at the head, from outside: from the node having a block to a consumer seeing all of it.

The bench puts each block on the chain itself and notes when the node has said that it has it; a
consumer under read_committed notes when the block's last event log and its ledger record are there.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from benchmarks.backfill import build_flags, start_command
from benchmarks.killing import ExecutorKiller, Kill, SlotTransactions
from benchmarks.lab import NO_MORE, Lab, Producing, say
from ethlogs.kafka.creation import ensure_topics
from ethlogs.ledger import CREATED_PARTITIONS
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation
from tests.harness.executors import find_executors_below
from tests.harness.slow_proxy import SlowProxy

START_SECONDS = 120.0
GRACE_SECONDS = 60.0
WARM_UP_BLOCKS = 20
"""The first blocks, which count for nothing."""
BESIDE_BLOCKS = 1_000
"""Blocks that may be put on the chain while a backfill lasts."""
BESIDE_KILLS_BLOCKS = 3_000
PROVEN_KILLS = 4
ANSWER_SECONDS = 0.1
"""Of the node of a backfill whose executor is killed, once the headers are linked: history would be filled
before the last kill."""


@dataclass(frozen=True)
class Latencies:
    """Milliseconds of each block, sorted, and what the run's own report says."""

    milliseconds: list[float]
    report: dict[str, Any]

    def quantile(self, share: float) -> float:
        """Return the value below which this share of the blocks is."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(len(self.milliseconds) * share))]


def measure_latency(
    lab: Lab, node_url: str, blocks: int, block_seconds: float, environment: Mapping[str, str] = NO_MORE
) -> Latencies:
    """Follow a live chain for ``blocks`` blocks of the default plan, after the first ones."""
    with _Following(lab, node_url, WARM_UP_BLOCKS + blocks, environment) as following:
        following.commit(WARM_UP_BLOCKS, block_seconds)
        known_at = following.commit(blocks, block_seconds)
        return following.finish(known_at)


def measure_beside_backfill(lab: Lab, node_url: str, block_seconds: float) -> Latencies:
    """Follow a live chain while one executor fills all blocks below, and count the blocks of that time."""
    filled = lab.net.geth.height() - 1
    with _Following(lab, node_url, None) as following:
        following.commit(WARM_UP_BLOCKS, block_seconds)
        flags = build_flags(1, filled, 1)
        process = start_command(lab, "backfill", following.topic, lab.net.geth.url, *flags)
        try:
            following.wait_for_backfill(block_seconds)
            say(f"   the backfill of {filled} blocks is at work")
            known_at = following.commit(BESIDE_BLOCKS, block_seconds, lambda: process.poll() is None)
            _check_ended(process)
        finally:
            process.kill()
            process.wait()
        return following.finish(known_at)


def measure_beside_kills(lab: Lab, node_url: str, block_seconds: float) -> tuple[Latencies, list[Kill]]:
    """Follow a live chain while an executor fills the blocks below and is killed inside transactions."""
    filled = lab.net.geth.height() - 1
    with _Following(lab, node_url, None) as following, SlowProxy(0.0) as proxy:
        proxy.upstream_port = int(lab.net.geth.url.rpartition(":")[2])
        following.commit(WARM_UP_BLOCKS, block_seconds)
        url = f"http://127.0.0.1:{proxy.port}"
        process = start_command(lab, "backfill", following.topic, url, *build_flags(1, filled, 1))
        slots = SlotTransactions(lab.bootstrap, StreamSettings(following.topic), CREATED_PARTITIONS - 1)
        find = partial(find_executors_below, process.pid)
        try:
            following.wait_for_backfill(block_seconds)
            proxy.delay_seconds = ANSWER_SECONDS
            with ExecutorKiller(slots.describe, find, PROVEN_KILLS) as killer:
                known_at = following.commit(
                    BESIDE_KILLS_BLOCKS,
                    block_seconds,
                    lambda: not killer.is_done and process.poll() is None,
                )
            if len(killer.inside) < PROVEN_KILLS:
                raise SystemExit(f"bench: only {len(killer.inside)} kills were inside a transaction")
        finally:
            slots.close()
            process.terminate()
            process.wait()
        return following.finish(known_at), killer.kills


def _check_ended(process: subprocess.Popen[bytes]) -> None:
    if process.wait(GRACE_SECONDS):
        raise SystemExit(f"bench: ethlogs backfill ended with status {process.returncode}")


class _Following:
    """A run that follows the head, a consumer of its stream, and the chain that grows meanwhile."""

    def __init__(
        self, lab: Lab, node_url: str, blocks: int | None, environment: Mapping[str, str] = NO_MORE
    ) -> None:
        self._lab = lab
        self._endless = blocks is None
        self.topic = lab.new_topic()
        stream = StreamSettings(self.topic)
        ensure_topics(KafkaSettings(lab.bootstrap), stream, TopicCreation(create=True))
        self._head = lab.net.geth.height()
        self.watcher = Watcher(lab.bootstrap, stream)
        end = () if blocks is None else ("--blocks", str(blocks + 1))
        # the earlier commit names its ledger in another way
        environment = {**environment, "ETHLOGS_LEDGER_TOPIC": stream.ledger_topic} if environment else NO_MORE
        flags = ("--node-url", node_url, "--start", "latest", *end)
        self._producing = Producing(lab, self.topic, *flags, environment=environment)

    def __enter__(self) -> _Following:
        self.watcher.__enter__()
        try:
            self.watcher.wait_for(self._head, START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._producing.end()
        self.watcher.__exit__()

    def commit(
        self, blocks: int, block_seconds: float, go_on: Callable[[], bool] = lambda: True
    ) -> dict[int, float]:
        """Put blocks on the chain, and return when the node was known to have each."""
        known_at: dict[int, float] = {}
        due = time.monotonic()
        while len(known_at) < blocks and go_on():
            due += block_seconds
            time.sleep(max(0.0, due - time.monotonic()))
            self._lab.net.geth.commit_block()
            self._head += 1
            known_at[self._head] = time.monotonic()
        return known_at

    def wait_for_backfill(self, block_seconds: float) -> None:
        """Put blocks on the chain until a backfill has filled its first one."""
        self.commit(BESIDE_BLOCKS, block_seconds, lambda: 1 not in self.watcher.complete_at)

    def finish(self, known_at: dict[int, float]) -> Latencies:
        """Wait for the last block and the run's end."""
        self.watcher.wait_for(self._head, GRACE_SECONDS)
        report = {} if self._endless else self._producing.wait().report
        complete = self.watcher.complete_at
        return Latencies(sorted((complete[height] - at) * 1000 for height, at in known_at.items()), report)


@dataclass
class Watcher:
    """A consumer of both topics of a stream, which has a block when it has read what the ledger says.

    It waits for records as the client does by default: a short wait would take time from node and broker.
    """

    bootstrap: str
    stream: StreamSettings
    complete_at: dict[int, float] = field(default_factory=dict)
    """When a block's ledger record and all of its event logs had been seen."""

    def __post_init__(self) -> None:
        self._waiting: dict[int, dict[int, int]] = {}
        """Last offset of each partition, by height."""
        self._read_up_to: dict[int, int] = {}
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
        )
        names = (self.stream.topic, self.stream.ledger_topic)
        consumer.assign([TopicPartition(n, p) for n in names for p in consumer.partitions_for_topic(n) or ()])
        while not self._ended.is_set():
            for partition, records in consumer.poll(timeout_ms=100).items():
                if partition.topic == self.stream.topic:
                    self._read_up_to[partition.partition] = records[-1].offset
                else:
                    for record in records:
                        self._expect(record)
            self._note_complete()
        consumer.close()

    def _expect(self, record: Any) -> None:
        if record.key.isdigit() and record.value:
            block = json.loads(record.value)
            # a first and a last offset; the earlier commit has the last one alone
            spans = block["offsets"].items()
            last = {int(number): span[1] if isinstance(span, list) else span for number, span in spans}
            self._waiting[block["blockNumber"]] = last

    def _note_complete(self) -> None:
        done = [height for height, last in self._waiting.items() if self._has_read(last)]
        if done:
            with self._changed:
                for height in done:
                    del self._waiting[height]
                    self.complete_at[height] = time.monotonic()
                self._changed.notify_all()

    def _has_read(self, last: dict[int, int]) -> bool:
        return all(self._read_up_to.get(number, -1) >= end for number, end in last.items())
