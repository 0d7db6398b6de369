"""History on executors: what it costs beside the follower.

Every process of a command is counted, start-up apart: two ranges of different length are measured, and their
difference is what the longer one has more.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lab import BIN, RUN_SECONDS, Lab, peak_memory, say, start

_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.05
CONFIRMATIONS = 1
"""The devnet's chain has no finalized block."""


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    cpu_seconds: float
    """Of all of its processes."""
    worker_bytes: int
    """The largest memory of a Python worker of Spark's; 0 where there was none."""

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.cpu_seconds - other.cpu_seconds,
            max(self.worker_bytes, other.worker_bytes),
        )


class Meter:
    """Adds up the CPU time of a process and of all below it, also of those that have ended."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._seconds: dict[int, float] = {}
        self._workers: set[int] = set()
        self.worker_bytes = 0

    def sample(self) -> None:
        """Look at every process; what one used after the last look is not counted."""
        parents, seconds = _read_processes()
        known = {self._pid, *self._seconds}
        for pid in sorted(parents):  # a child's number is nearly always above its parent's
            if pid in known or parents[pid] in known:
                known.add(pid)
                self._seconds[pid] = max(seconds[pid], self._seconds.get(pid, 0.0))
                if self._is_worker(pid):
                    self.worker_bytes = max(self.worker_bytes, peak_memory(pid))

    def _is_worker(self, pid: int) -> bool:
        # Not remembered where it is none: it may be a process that is about to become one.
        if pid not in self._workers and b"pyspark.daemon" in _read_command(pid):
            self._workers.add(pid)
        return pid in self._workers

    @property
    def seconds(self) -> float:
        """What all of them have used."""
        return sum(self._seconds.values())


def _read_command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _read_processes() -> tuple[dict[int, int], dict[int, float]]:
    """Read parent and CPU seconds of each process."""
    parents, seconds = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            seconds[int(entry.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    return parents, seconds


def run(lab: Lab, name: str, topic: str, node_url: str, *flags: str) -> Cost:
    """Run a command of ethlogs to its end; an exit status other than 0 ends the bench."""
    command = [str(BIN / "ethlogs"), name, "--topic", topic, "--json", "--quiet", *flags]
    command += ["--run-dir", str(lab.folder / "runs"), "--partitions", "6", "--proof", "receipts"]
    environment = {**os.environ, **lab.net.environment(), "ETHLOGS_NODE_URL": node_url}
    process = start(command, env=environment, stdout=subprocess.DEVNULL)
    meter = Meter(process.pid)
    guard = threading.Timer(RUN_SECONDS, process.kill)
    guard.start()
    while process.poll() is None:
        meter.sample()
        time.sleep(_SAMPLE_SECONDS)
    guard.cancel()
    if process.returncode:
        raise SystemExit(f"bench: ethlogs {name} ended with status {process.returncode}")
    return Cost(meter.seconds, meter.worker_bytes)


def backfill(lab: Lab, blocks: int, executors: int, node_url: str) -> Cost:
    """Fill blocks 1 to ``blocks`` of a new stream by executors of one core."""
    master = f"local-cluster[{executors},1,1024]"
    flags = ("--from", "1", "--to", str(blocks), "--confirmations", str(CONFIRMATIONS), "--master", master)
    return run(lab, "backfill", lab.new_topic(), node_url, *flags)


def produce(lab: Lab, blocks: int) -> Cost:
    """Follow blocks 1 to ``blocks`` into a new stream."""
    flags = ("--start", "1", "--blocks", str(blocks))
    return run(lab, "produce", lab.new_topic(), lab.net.geth.url, *flags)


@dataclass(frozen=True)
class Ratio:
    """What the longer range has more, for follower and backfill, in one interleaved run."""

    produced: Cost
    backfilled: Cost


def compare_cost(lab: Lab, short: int, long: int) -> Ratio:
    """Measure both commands over both ranges, one after the other."""
    lab.ensure_blocks(long + CONFIRMATIONS)
    url = lab.net.geth.url
    costs = []
    for blocks in (short, long):
        say(f"cost of blocks 1 to {blocks}: produce, then backfill")
        costs.append((produce(lab, blocks), backfill(lab, blocks, 1, url)))
    (first, first_filled), (second, second_filled) = costs
    return Ratio(second - first, second_filled - first_filled)
