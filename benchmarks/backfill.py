"""History on executors: what it costs beside the follower, and how it scales where the node is the wait.

The cost is that of every process of a command, start-up apart: two ranges of different length are measured,
and their difference is what the longer one has more. The scaling is measured while all executors work.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from benchmarks.lab import BIN, RUN_SECONDS, Lab, say, start
from benchmarks.ledger_watch import LedgerWatch, Recorded
from benchmarks.processes import Meter
from ethlogs.kafka.creation import LEDGER_CONFIG
from ethlogs.settings import StreamSettings
from tests.harness.slow_proxy import SlowProxy

_SAMPLE_SECONDS = 0.1
STRETCH_BLOCKS = 32
"""Consecutive blocks of one slot, which are one executor's work."""
ANSWER_SECONDS = 0.25
"""With one request at a time, one executor reaches less than a twentieth of what these cores give."""
SLOTS = 2
"""Where the cost is measured: a task has as much to do as on a long chain, where it works for a minute."""
CONFIRMATIONS = 1
"""The devnet's chain has no finalized block."""


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    python_seconds: float
    """CPU time of its Python processes, and of all others but the JVMs."""
    jvm_seconds: float
    worker_bytes: int
    """The largest memory of a Python worker of Spark's; 0 where there was none."""

    @property
    def cpu_seconds(self) -> float:
        """Of all of its processes."""
        return self.python_seconds + self.jvm_seconds


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
    return Cost(meter.seconds - meter.jvm_seconds, meter.jvm_seconds, meter.worker_bytes)


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
    topic = lab.new_topic()
    create_stream(lab, topic, SLOTS)
    return run(lab, "backfill", topic, lab.net.geth.url, *build_flags(1, blocks, 1))


def produce(lab: Lab, blocks: int) -> Cost:
    """Follow blocks 1 to ``blocks`` into a new stream."""
    topic = lab.new_topic()
    create_stream(lab, topic, SLOTS)
    flags = ("--start", "1", "--blocks", str(blocks))
    return run(lab, "produce", topic, lab.net.geth.url, *flags)


def create_stream(lab: Lab, topic: str, slots: int) -> None:
    """Create the ledger of a new stream with so many slots; the command creates the other topic."""
    admin = KafkaAdminClient(bootstrap_servers=lab.bootstrap)
    try:
        ledger = StreamSettings(topic).ledger_topic
        admin.create_topics([NewTopic(ledger, 1 + slots, 1, topic_configs=LEDGER_CONFIG)])
    finally:
        admin.close()


COMMANDS = {"ethlogs produce": produce, "ethlogs backfill, one executor": backfill}

Costs = dict[str, dict[int, list[Cost]]]
"""Those of every repetition, by command and number of blocks."""


def measure_costs(lab: Lab, short: int, long: int, repeat: int) -> Costs:
    """Measure each command over both ranges in turn: what else the machine does strikes all alike."""
    lab.ensure_blocks(long + CONFIRMATIONS)
    costs: Costs = {name: {short: [], long: []} for name in COMMANDS}
    for number in range(1, repeat + 1):
        for blocks in (short, long):
            for name, command in COMMANDS.items():
                cost = command(lab, blocks)
                costs[name][blocks].append(cost)
                say(
                    f"{number} of {repeat}, blocks 1 to {blocks}: {name}: Python {cost.python_seconds:.1f} s,"
                    f" JVMs {cost.jvm_seconds:.1f} s of CPU"
                )
    return costs


@dataclass(frozen=True)
class Slope:
    """What one event log more costs, in microseconds of CPU: start-up is in neither of them."""

    python_us: float
    jvm_us: float
    worker_bytes: int

    @property
    def all_us(self) -> float:
        """Of all processes."""
        return self.python_us + self.jvm_us


def compute_slope(costs: dict[int, list[Cost]], logs_of_a_block: int) -> Slope:
    """Take the median of each range, and then their difference.

    The median of differences would take start-up, which varies by seconds, from another run's.
    """
    short, long = sorted(costs)
    logs = (long - short) * logs_of_a_block

    def more_of(seconds_of: Callable[[Cost], float]) -> float:
        medians = [statistics.median(map(seconds_of, costs[blocks])) for blocks in (short, long)]
        return (medians[1] - medians[0]) / logs * 1e6

    return Slope(
        more_of(lambda cost: cost.python_seconds),
        more_of(lambda cost: cost.jvm_seconds),
        max(cost.worker_bytes for some in costs.values() for cost in some),
    )


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
        one_each = ("--node-requests", str(executors))
        run(lab, "backfill", topic, url, *build_flags(first, last, executors), *one_each)
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
