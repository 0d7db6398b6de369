"""History on executors: what it costs beside the follower, and how it scales where the node is the wait.

The cost is that of every process of a command, start-up apart: two ranges of different length are measured,
and their difference is what the longer one has more. The scaling is measured while all executors work.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.lab import BIN, RUN_SECONDS, Lab, say, start
from benchmarks.ledger_watch import LedgerWatch, Recorded
from benchmarks.processes import Meter
from tests.harness.slow_proxy import SlowProxy

_SAMPLE_SECONDS = 0.1
STRETCH_BLOCKS = 32
"""Consecutive blocks of one slot, which are one executor's work."""
ANSWER_SECONDS = 0.25
"""So long that one executor reaches a small part of what these cores give."""
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


def run(lab: Lab, name: str, topic: str, node_url: str, *flags: str) -> Cost:
    """Run a command of ethlogs to its end; an exit status other than 0 ends the part."""
    process = start_command(lab, name, topic, node_url, *flags)
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


def start_command(lab: Lab, name: str, topic: str, node_url: str, *flags: str) -> subprocess.Popen[bytes]:
    """Start a command of ethlogs."""
    command = [str(BIN / "ethlogs"), name, "--topic", topic, "--json", "--quiet", *flags]
    command += ["--run-dir", str(lab.folder / "runs"), "--partitions", "6", "--proof", "receipts"]
    environment = {**os.environ, **lab.net.environment(), "ETHLOGS_NODE_URL": node_url}
    return start(command, env=environment, stdout=subprocess.DEVNULL)


def build_flags(first: int, last: int, executors: int) -> tuple[str, ...]:
    """Return the flags of a backfill of a range by executors of one core."""
    heights = ("--from", str(first), "--to", str(last), "--confirmations", str(CONFIRMATIONS))
    return (*heights, "--master", f"local-cluster[{executors},1,1024]")


def backfill(lab: Lab, blocks: int) -> Cost:
    """Fill blocks 1 to ``blocks`` of a new stream by one executor."""
    return run(lab, "backfill", lab.new_topic(), lab.net.geth.url, *build_flags(1, blocks, 1))


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
    costs = []
    for blocks in (short, long):
        say(f"cost of blocks 1 to {blocks}: produce, then backfill")
        costs.append((produce(lab, blocks), backfill(lab, blocks)))
    (first, first_filled), (second, second_filled) = costs
    return Ratio(second - first, second_filled - first_filled)


def measure_scaling(lab: Lab, executors: int) -> float:
    """Return the blocks a second of so many executors where each answer of the node takes a while."""
    first, stretches = STRETCH_BLOCKS, max(4, 2 * executors)
    last = first + stretches * STRETCH_BLOCKS - 1
    lab.ensure_blocks(last + CONFIRMATIONS)
    topic = lab.new_topic()
    say(f"{executors} executors, answers after {ANSWER_SECONDS:g} s, blocks {first} to {last}")
    with SlowProxy(ANSWER_SECONDS) as proxy, LedgerWatch(lab, topic) as watch:
        proxy.upstream_port = int(lab.net.geth.url.rpartition(":")[2])
        url = f"http://127.0.0.1:{proxy.port}"
        run(lab, "backfill", topic, url, *build_flags(first, last, executors))
        return compute_rate(watch.wait_for(last - first + 1), executors)


def compute_rate(recorded: Iterable[Recorded], executors: int) -> float:
    """Return the blocks a second from when all executors are at work to when the first has no more.

    A slot is one executor's work. So all of them are at work from when that many slots have a block until
    fewer slots than that lack one.
    """
    begun: dict[int, float] = {}
    ended: dict[int, float] = {}
    blocks = sorted(recorded, key=lambda one: one.at)
    for block in blocks:
        begun.setdefault(block.slot, block.at)
        ended[block.slot] = block.at
    first = sorted(begun.values())[executors - 1]
    last = sorted(ended.values())[-executors]
    return sum(first < block.at <= last for block in blocks) / (last - first)
