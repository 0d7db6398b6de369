"""The bench's services, its clock, and the command that is measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic

from benchmarks.processes import find_driver, peak_memory
from ethlogs_devnet import DEFAULT_PLAN, Devnet
from ethlogs_devnet.process import guarded
from ethlogs_devnet.progress import to_stderr

BIN = Path(sys.executable).parent
RUN_SECONDS = 900.0
"""No measured command takes as long; a guard against one that hangs."""
NO_MORE: Mapping[str, str] = MappingProxyType({})
"""Nothing in a command's environment but this process's own and the devnet's."""


def say(text: str) -> None:
    """Progress, on stderr."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


@dataclass
class Lab:
    """A devnet whose chain is ready and stands still, unless the bench adds a block."""

    net: Devnet
    folder: Path
    blocks: int
    _names: int = field(default=0, init=False)

    @property
    def bootstrap(self) -> str:
        """Kafka's HOST:PORT."""
        return self.net.kafka.bootstrap

    def ensure_blocks(self, height: int) -> None:
        """Add blocks until the chain has this height."""
        while self.net.geth.height() < height:
            self.net.geth.commit_block(DEFAULT_PLAN)

    def new_topic(self) -> str:
        """A name that was not used before."""
        self._names += 1
        return f"bench_{self._names}"


@contextmanager
def open_lab(blocks: int) -> Iterator[Lab]:
    """geth with a chain of ``blocks`` blocks, and Kafka, for as long as the bench runs."""
    with (
        tempfile.TemporaryDirectory(prefix="ethlogs-bench-") as folder,
        Devnet(Path(folder) / "net", blocks=blocks, block_seconds=0.0, report=to_stderr) as net,
    ):
        yield Lab(net, Path(folder), blocks)


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """A process that is asked to end when the bench does."""
    return subprocess.Popen(guarded(command, signal.SIGTERM), **options)


@dataclass(frozen=True)
class Produced:
    """A finished ``ethlogs produce``."""

    report: dict[str, Any]
    wall_seconds: float
    """Of the whole process, Spark's start included."""
    peak_bytes: int
    """The driver Python's peak resident memory."""


@dataclass(frozen=True)
class Verified:
    """A finished ``ethlogs verify`` that has proven its range."""

    summary: dict[str, Any]
    wall_seconds: float
    peak_bytes: int
    """Its process's peak resident memory."""


def verify(lab: Lab, topic: str, environment: Mapping[str, str] = NO_MORE) -> Verified:
    """Run ``ethlogs verify`` over a whole stream; a difference ends the bench."""
    command = [str(BIN / "ethlogs"), "verify", "--topic", topic, "--json", "--quiet"]
    env = {**os.environ, **lab.net.environment(), **environment}
    began = time.monotonic()
    with start(command, env=env, stdout=subprocess.PIPE) as process:
        peak_bytes = 0
        while process.poll() is None:
            peak_bytes = max(peak_bytes, peak_memory(process.pid))
            time.sleep(0.05)
        wall_seconds = time.monotonic() - began
        assert process.stdout is not None
        output = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"bench: ethlogs verify ended with status {process.returncode}")
    return Verified(json.loads(output), wall_seconds, peak_bytes)


class Producing:
    """A running ``ethlogs produce``, as a user starts it."""

    def __init__(self, lab: Lab, topic: str, *flags: str, environment: Mapping[str, str] = NO_MORE) -> None:
        command = [str(BIN / "ethlogs"), "produce", "--topic", topic, "--json", "--quiet"]
        command += ["--run-dir", str(lab.folder / "runs"), *flags]
        self._began = time.monotonic()
        env = {**os.environ, **lab.net.environment(), **environment}
        self._process = start(command, env=env, stdout=subprocess.PIPE)
        self._peak_bytes = 0
        self._watcher = threading.Thread(target=self._watch_memory, daemon=True)
        self._watcher.start()

    def wait(self) -> Produced:
        """Wait until it ends; an exit status other than 0 ends the bench."""
        output, _ = self._process.communicate(timeout=RUN_SECONDS)
        wall_seconds = time.monotonic() - self._began
        self._watcher.join()
        if self._process.returncode:
            raise SystemExit(f"bench: ethlogs produce ended with status {self._process.returncode}")
        return Produced(json.loads(output), wall_seconds, self._peak_bytes)

    def end(self) -> None:
        """End it if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def _watch_memory(self) -> None:
        driver = None
        while self._process.poll() is None:
            driver = driver or find_driver(self._process.pid)
            if driver:
                self._peak_bytes = max(self._peak_bytes, peak_memory(driver))
            time.sleep(0.05)


def produce(lab: Lab, topic: str, *flags: str, environment: Mapping[str, str] = NO_MORE) -> Produced:
    """Run ``ethlogs produce`` to its end."""
    producing = Producing(lab, topic, *flags, environment=environment)
    try:
        return producing.wait()
    finally:
        producing.end()


def create_topic(bootstrap: str, topic: str) -> None:
    """Create a topic of one partition where it does not exist."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        if topic not in admin.list_topics():
            admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        admin.close()


class RecordCounter:
    """How many records a topic has got since this was made, without reading them."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap)
        numbers = self._consumer.partitions_for_topic(topic) or ()
        self._partitions = [TopicPartition(topic, number) for number in numbers]
        self._before = 0
        self._before = self.count()

    def count(self) -> int:
        """Ask the broker."""
        return int(sum(self._consumer.end_offsets(self._partitions).values())) - self._before

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()
