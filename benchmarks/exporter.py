"""The exporter's cost: many streams of a quiet node and a quiet broker, seen from outside its process.

Requests are counted as the TCP segments with data that the process sends, by ``ss``: a request of these
sizes is one segment.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.lab import BIN, Lab, start
from benchmarks.processes import peak_memory, read_processes
from tests.harness.running import build_settings, run
from tests.harness.streams import Stream

INTERVAL_SECONDS = 10.0
"""The default of --interval."""
WINDOW_INTERVALS = 6
_STREAM_BLOCKS = 2
_START_SECONDS = 60.0


@dataclass(frozen=True)
class ExporterCost:
    """The cost of an exporter after its start."""

    core: float
    """Share of one core."""
    segments: float
    """TCP segments with data that it sent, an interval."""
    connections: int
    peak_bytes: int


def measure_exporter(lab: Lab, streams: int) -> ExporterCost:
    """Measure over some intervals, once the first look at everything is over."""
    topics = [lab.new_topic() for _ in range(streams)]
    for topic in topics:
        settings = build_settings(
            Stream(lab.bootstrap, topic), lab.net.geth.url, start="1", blocks=_STREAM_BLOCKS, partitions=1
        )
        run(settings).assert_done()
    with _running_exporter(lab, topics) as pid:
        time.sleep(INTERVAL_SECONDS)
        seconds, segments, began = read_processes().seconds[pid], count_segments(pid), time.monotonic()
        time.sleep(WINDOW_INTERVALS * INTERVAL_SECONDS)
        window = time.monotonic() - began
        later = count_segments(pid)
        sent = sum(later.values()) - sum(segments.get(connection, 0) for connection in later)
        return ExporterCost(
            core=(read_processes().seconds[pid] - seconds) / window,
            segments=sent / window * INTERVAL_SECONDS,
            connections=len(later),
            peak_bytes=peak_memory(pid),
        )


@contextmanager
def _running_exporter(lab: Lab, topics: list[str]) -> Iterator[int]:
    """Yield the process id of an exporter that serves."""
    flags = [word for topic in topics for word in ("--topic", topic)]
    command = [str(BIN / "ethlogs"), "exporter", "--listen", "127.0.0.1:0", *flags]
    env = {**os.environ, **lab.net.environment()}
    with tempfile.TemporaryFile("w+") as log, start(command, env=env, stderr=log) as process:
        try:
            deadline = time.monotonic() + _START_SECONDS
            while "serving http://" not in _read(log.fileno()):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"bench: the exporter does not serve: {_read(log.fileno())}")
                time.sleep(0.1)
            yield _find_python(process.pid)
        finally:
            process.terminate()


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 1 << 16, 0).decode()


def _find_python(pid: int) -> int:
    """Return the process that works: the newest of those below a guard."""
    return max(read_processes().below({pid}))


def count_segments(pid: int) -> dict[str, int]:
    """Return the segments with data that a process has sent, by the local address of each connection."""
    listed = subprocess.run(
        ["ss", "-tinpHO", "state", "established"], capture_output=True, text=True, check=True
    )
    counted = {}
    for line in listed.stdout.splitlines():
        found = re.search(r"data_segs_out:(\d+)", line)
        if f"pid={pid}," in line:
            counted[line.split()[2]] = int(found[1]) if found else 0
    return counted
