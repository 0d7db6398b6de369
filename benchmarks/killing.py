"""Ending the executors of a backfill again and again, and looking what transactions they leave open."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, TopicPartition

from benchmarks.processes import read_processes

PAUSE_SECONDS = 8.0
"""An executor is back at work after some seconds."""
LOOK_SECONDS = 0.5
"""The follower's own transactions are much shorter, so what stands still for so long is an executor's."""
_EXECUTOR = ("CoarseGrainedExecutorBackend", "pyspark.daemon")


class ExecutorKiller:
    """Kills all executors below a process, JVM and Python, again and again while it is entered."""

    def __init__(self, ancestor: int, bootstrap: str, topic: str) -> None:
        self._ancestor = ancestor
        self._bootstrap = bootstrap
        self._topic = topic
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self.kills = 0
        self.left_open = 0
        """Kills behind which a transaction was open."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        readers = [
            KafkaConsumer(bootstrap_servers=self._bootstrap, isolation_level=level)
            for level in ("read_committed", "read_uncommitted")
        ]
        while not self._ended.wait(PAUSE_SECONDS):
            if not self._kill():
                continue
            self.kills += 1
            before = [self._ends(reader) for reader in readers]
            self._ended.wait(LOOK_SECONDS)
            after = [self._ends(reader) for reader in readers]
            self.left_open += any(
                before[0][partition] == after[0][partition] < before[1][partition] for partition in before[0]
            )
        for reader in readers:
            reader.close()

    def _kill(self) -> bool:
        executors = [pid for pid in read_processes().below({self._ancestor}) if _is_executor(pid)]
        for pid in executors:
            os.kill(pid, signal.SIGKILL)
        return bool(executors)

    def _ends(self, reader: KafkaConsumer) -> dict[TopicPartition, int]:
        numbers = reader.partitions_for_topic(self._topic) or ()
        ends: dict[TopicPartition, int] = reader.end_offsets(
            [TopicPartition(self._topic, n) for n in numbers]
        )
        return ends


def _is_executor(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return any(word in words for word in _EXECUTOR)
