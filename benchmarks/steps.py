"""Where the driver's time goes: the CPU time of each step of the way of a block, in µs an event log.

The follow loop runs in this process, without Spark, with a stopwatch around each step. CPU time of the
thread that does the step, not wall time: the threads of one Python share its lock, so that what one
of them waits for another is using.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import kafka.producer.sender

import ethlogs.node.endpoint
import ethlogs.node.json_blocks
import ethlogs.node.raw_blocks
import ethlogs.stream.block
from ethlogs.cancellation import StopSwitch
from ethlogs.driver.main import relax_collector
from ethlogs.follow import follow_chain
from ethlogs.kafka.writer import Transaction
from ethlogs.node.http_transport import HttpTransport
from ethlogs.node.web_socket_transport import WebSocketTransport
from ethlogs.run.journal import Journal
from ethlogs.settings import Proof
from tests.harness.running import build_settings
from tests.harness.streams import Stream

_Function = Callable[..., Any]

STEPS = (
    "asking the node, reading its answers",
    "decoding JSON",
    "proof",
    "encoding the records",
    "KafkaProducer.send and its fast path",
    "kafka-python's sender thread",
    "waiting for acknowledgements, checking each",
)
REST = "the rest of the fetching and the main thread"
COLLECTOR = "cyclic garbage collection, within the steps above"


@dataclass(frozen=True)
class Steps:
    """What one run cost."""

    logs: int
    wall_seconds: float
    cpu_seconds: float
    seconds: dict[str, float]
    """CPU seconds by step."""

    def microseconds(self, seconds: float) -> float:
        """An event log's share."""
        return seconds / self.logs * 1e6


class Stopwatch:
    """Adds up the CPU time of named steps over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._collecting_since = 0.0

    def around(self, name: str, function: _Function) -> _Function:
        """``function`` with its CPU time counted as ``name``."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.add(name, time.thread_time() - began)

        return timed

    def add(self, name: str, seconds: float) -> None:
        """Count CPU time."""
        with self._lock:
            self.seconds[name] += seconds

    def watch_collector(self, phase: str, _info: dict[str, int]) -> None:
        """A callback for :data:`gc.callbacks`."""
        if phase == "start":
            self._collecting_since = time.thread_time()
        else:
            self.seconds[COLLECTOR] += time.thread_time() - self._collecting_since


def measure(proof: Proof, topic: str, blocks: int, node_url: str, bootstrap: str) -> Steps:
    """Produce blocks 1 to ``blocks`` to a new topic, in this process."""
    settings = build_settings(Stream(bootstrap, topic), node_url, proof=proof, blocks=blocks, start="1")
    journal = Journal(topic, 1, lambda _snapshot: None)
    relax_collector()
    watch = Stopwatch()
    with stopwatches(watch):
        began, cpu_began = time.monotonic(), time.process_time()
        follow_chain(settings, 1, StopSwitch(), journal)
        wall_seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu_began
    collecting = watch.seconds.pop(COLLECTOR, 0.0)
    watch.seconds[REST] = cpu_seconds - sum(watch.seconds.values())
    watch.seconds[COLLECTOR] = collecting
    return Steps(journal.meter.counters.logs, wall_seconds, cpu_seconds, dict(watch.seconds))


@contextmanager
def stopwatches(watch: Stopwatch) -> Iterator[None]:
    """Time the functions that are the steps, wherever they are called."""
    proof = STEPS[2]
    places: list[tuple[str, object, str]] = [
        (STEPS[0], HttpTransport, "send"),
        (STEPS[0], WebSocketTransport, "send"),
        (STEPS[1], ethlogs.node.endpoint, "parse_answer"),
        (proof, ethlogs.node.json_blocks, "parse_header"),
        (proof, ethlogs.node.json_blocks, "prove_by_receipts"),
        (proof, ethlogs.node.raw_blocks, "parse_block"),
        (proof, ethlogs.node.raw_blocks, "prove_by_block"),
        (STEPS[3], ethlogs.stream.block, "encode_event_logs"),
        (STEPS[4], Transaction, "send_all"),
        (STEPS[5], kafka.producer.sender.Sender, "run"),
        (STEPS[6], Transaction, "settle"),
    ]
    patches = [
        mock.patch.object(place, name, watch.around(step, getattr(place, name)))
        for step, place, name in places
    ]
    for patch in patches:
        patch.start()
    gc.callbacks.append(watch.watch_collector)
    try:
        yield
    finally:
        gc.callbacks.remove(watch.watch_collector)
        for patch in patches:
            patch.stop()
