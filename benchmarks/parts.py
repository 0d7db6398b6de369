"""The parts of the bench; each measures one thing and prints its table."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.backfill import ANSWER_SECONDS, compute_slope, measure_costs, measure_scaling
from benchmarks.contest import build_rows, head_beside, measure_in_turn
from benchmarks.exporter import INTERVAL_SECONDS, WINDOW_INTERVALS, measure_exporter
from benchmarks.killing import describe_kills
from benchmarks.lab import NO_MORE, Lab, Produced, Verified, produce, say, verify
from benchmarks.latency import Latencies, measure_beside_backfill, measure_beside_kills, measure_latency
from benchmarks.packing import pack_thrice
from benchmarks.peer_setup import EARLIER, earlier_environment
from benchmarks.peers import REFERENCE, list_contestants
from benchmarks.steps import COLLECTOR, REST, STEPS, Steps, measure
from benchmarks.tables import print_head, print_row
from ethlogs.settings import Proof
from ethlogs_devnet import DEFAULT_PLAN, Kind, plan_of_logs
from ethlogs_devnet.geth.plans import logs_in

MIB = 1 << 20
PROOFS: tuple[Proof, ...] = ("block", "receipts")
EXECUTORS = (1, 2, 4, 8)
STREAMS = (1, 20)
LARGE_LOGS = 100_000
LARGE_BLOCKS = 5
"""One more than the driver fetches at once."""
PROOF_BENCH = "benchmarks.proof_bench"
CONTENT_BENCH = "benchmarks.content_bench"
COMPRESSION_BENCH = "benchmarks.compression_bench"


@dataclass(frozen=True)
class Options:
    """How much of each part is measured."""

    blocks: int
    repeat: int
    notebook_blocks: int
    history_blocks: int
    head_blocks: int
    block_seconds: float


class Bench:
    """The parts, in the order in which they run; each prints its table."""

    def __init__(self, lab: Lab, options: Options) -> None:
        self._lab = lab
        self._options = options
        self._logs = options.blocks * logs_in(DEFAULT_PLAN)

    def verify(self) -> None:
        """Proving what is on Kafka, beside the earlier commit, each of the stream that it has produced."""
        environments = {"ethlogs verify": NO_MORE, f"that of {EARLIER}": earlier_environment()}
        topics = {name: self._fill_stream(name, more) for name, more in environments.items()}
        runs: dict[str, list[Verified]] = {name: [] for name in environments}
        for number in range(1, self._options.repeat + 1):
            for name, more in environments.items():
                say(f"{name}, {number} of {self._options.repeat}")
                runs[name].append(verify(self._lab, topics[name], more))
        self._print_verified(runs)

    def _fill_stream(self, name: str, environment: Mapping[str, str]) -> str:
        topic = self._lab.new_topic()
        say(f"a stream for {name}")
        flags = ("--start", "1", "--blocks", str(self._options.blocks))
        produce(self._lab, topic, *flags, environment=environment)
        return topic

    def _print_verified(self, runs: Mapping[str, Sequence[Verified]]) -> None:
        blocks = f"{self._options.blocks} blocks, {self._logs:,} event logs"
        print_head(
            blocks, "wall, s", "wall, logs/s", "its process, MiB", "ethlogs verify is so many times as fast"
        )
        ours, *_ = runs.values()
        for name, found in runs.items():
            if any(run.summary["logs"] != self._logs for run in found):
                raise SystemExit(f"bench: {name} did not meet {self._logs} event logs")
            wall = statistics.median(run.wall_seconds for run in found)
            ratio = statistics.median(
                b.wall_seconds / a.wall_seconds for a, b in zip(ours, found, strict=True)
            )
            peak = max(run.peak_bytes for run in found) / MIB
            print_row(name, f"{wall:.1f}", f"{self._logs / wall:,.0f}", f"{peak:.0f}", f"{ratio:.2f}")

    def peers(self) -> None:
        """Ethlogs with each proof, and other programs, in turn on the same chain."""
        blocks = min(self._options.notebook_blocks, self._options.blocks)
        contestants = list_contestants(self._lab, self._options.blocks, blocks)
        outcomes = measure_in_turn(contestants, self._options.repeat, say)
        print_head(*head_beside(REFERENCE))
        for row in build_rows(outcomes, REFERENCE):
            print_row(*row)

    def latency(self) -> None:
        """At the head of a live chain."""
        options, geth = self._options, self._lab.net.geth
        print_head(
            "from block on the node to visible under read_committed, ms", "p50", "p99", "largest", "blocks"
        )
        ways: list[tuple[str, str, Mapping[str, str]]] = [
            ("pushed (ws)", geth.ws_url, NO_MORE),
            ("asked for (http)", geth.url, NO_MORE),
            (f"{EARLIER} (http)", geth.url, earlier_environment()),
        ]
        for way, url, environment in ways:
            say(f"latency over {options.head_blocks} blocks, one each {options.block_seconds:g} s, {way}")
            found = measure_latency(self._lab, url, options.head_blocks, options.block_seconds, environment)
            print_latency(way, found)
        say("latency beside a backfill")
        beside = measure_beside_backfill(self._lab, geth.ws_url, options.block_seconds)
        print_latency("pushed, beside a backfill by one executor", beside)
        say("latency beside a backfill whose executor is killed")
        found, kills = measure_beside_kills(self._lab, geth.ws_url, options.block_seconds)
        print_latency("pushed, beside a backfill, its executor killed inside transactions", found)
        print(f"\n{describe_kills(kills)}")

    def memory(self) -> None:
        """Blocks of very many event logs: one, and several to catch up over."""
        self._commit_large(1)
        print_head(f"blocks of {LARGE_LOGS:,} event logs", "seconds", "driver's Python, MiB")
        for proof in PROOFS:
            self._print_large(f"one, --proof {proof}", 1, proof)
        self._commit_large(LARGE_BLOCKS - 1)
        for proof in PROOFS:
            self._print_large(f"{LARGE_BLOCKS} in a row, --proof {proof}", LARGE_BLOCKS, proof)

    def steps(self) -> None:
        """Where the driver's time goes."""
        geth, found = self._lab.net.geth, []
        ways: list[tuple[Proof, str]] = [("block", geth.url), ("receipts", geth.url), ("block", geth.ws_url)]
        for proof, url in ways:
            say(f"steps of the driver with --proof {proof} over {url}")
            found.append(
                measure(proof, self._lab.new_topic(), self._options.blocks, url, self._lab.bootstrap)
            )
        columns = [f"{proof}, {url.partition(':')[0]}" for proof, url in ways]
        print_head("CPU of the driver's Python, µs an event log", *columns)
        for name in (*STEPS, REST):
            print_steps(name, found, [steps.seconds.get(name, 0.0) for steps in found])
        print_steps("all", found, [steps.cpu_seconds for steps in found])
        print_steps(COLLECTOR, found, [steps.seconds[COLLECTOR] for steps in found])

    def proof(self) -> None:
        """What a proof costs alone."""
        say("proofs alone")
        self._print_program(PROOF_BENCH)

    def content(self) -> None:
        """What selection and decoding cost."""
        say("selection and decoding alone")
        print(f"\n{self._run_program(CONTENT_BENCH)}")

    def compression(self) -> None:
        """What the compression of Kafka's batches costs."""
        say("compression alone")
        print(f"\n{self._run_program(COMPRESSION_BENCH)}")

    def _print_program(self, module: str) -> None:
        print(f"\n```\n{self._run_program(module)}\n```")

    def _run_program(self, module: str) -> str:
        command = [sys.executable, "-m", module]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def _produce_once(self, proof: str, start: int, blocks: int, logs: int) -> Produced:
        flags = ("--start", str(start), "--blocks", str(blocks), "--proof", proof)
        run = produce(self._lab, self._lab.new_topic(), *flags)
        if run.report["logs"] != logs:
            raise SystemExit(f"bench: {run.report['logs']} event logs instead of {logs}")
        say(f"   {run.report['logsPerSecond']:,.0f} event logs/s, {run.wall_seconds:.1f} s in all")
        return run

    def _commit_large(self, blocks: int) -> None:
        say(f"making {blocks} blocks of {LARGE_LOGS:,} event logs")
        for _ in range(blocks):
            self._lab.net.geth.commit_block(plan_of_logs(LARGE_LOGS, Kind.ANONYMOUS))

    def pack(self) -> None:
        """The driver's environment for a cluster."""
        say("pack")
        print_head("ethlogs pack", "seconds", "MB", "steps")
        for packing in pack_thrice():
            steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in packing.archive.seconds.items())
            size = packing.archive.size_bytes / 1e6
            print_row(packing.name, f"{packing.seconds:.2f}", f"{size:.1f}", steps)

    def history(self) -> None:
        """What a backfill costs beside the follower, start-up apart."""
        long = self._options.history_blocks
        short = long // 4
        costs = measure_costs(self._lab, short, long, self._options.repeat)
        print_head(
            f"blocks 1 to {long:,} without 1 to {short:,}, --proof receipts, CPU, µs an event log",
            *("all processes", "Python", "JVMs", "a Python worker, MiB"),
        )
        slopes = {name: compute_slope(found, logs_in(DEFAULT_PLAN)) for name, found in costs.items()}
        for name, slope in slopes.items():
            worker = f"{slope.worker_bytes / MIB:.0f}" if slope.worker_bytes else ""
            print_row(name, f"{slope.all_us:.1f}", f"{slope.python_us:.1f}", f"{slope.jvm_us:.1f}", worker)
        alone, filled = slopes.values()
        print_row(
            "backfill : produce",
            f"{filled.all_us / alone.all_us:.2f}",
            f"{filled.python_us / alone.python_us:.2f}",
            "",
            "",
        )

    def scaling(self) -> None:
        """A backfill where the node is the wait, and not these cores."""
        print_head(f"executors of one core, answers after {ANSWER_SECONDS:g} s", "blocks/s", "of linear")
        alone = 0.0
        for executors in EXECUTORS:
            rate = measure_scaling(self._lab, executors)
            alone = alone or rate
            print_row(str(executors), f"{rate:.2f}", f"{rate / alone / executors:.2f}")

    def exporter(self) -> None:
        """What an exporter costs beside a quiet node and a quiet broker."""
        window = f"over {WINDOW_INTERVALS} intervals of {INTERVAL_SECONDS:g} s after its start"
        print_head(
            f"ethlogs exporter, {window}", "CPU, % of one core", "requests an interval", "connections", "MiB"
        )
        for streams in STREAMS:
            say(f"an exporter of {streams} streams")
            cost = measure_exporter(self._lab, streams)
            name = "1 stream" if streams == 1 else f"{streams} streams"
            cells = (f"{cost.core:.2%}", f"{cost.segments:.1f}", f"{cost.connections}")
            print_row(name, *cells, f"{cost.peak_bytes / MIB:.0f}")

    def _print_large(self, name: str, blocks: int, proof: str) -> None:
        say(f"large blocks: {name}")
        start = self._lab.net.geth.height() - blocks + 1
        run = self._produce_once(proof, start, blocks, blocks * LARGE_LOGS)
        seconds = run.report["logs"] / run.report["logsPerSecond"]
        print_row(name, f"{seconds:.1f}", f"{run.peak_bytes / MIB:.0f}")


def print_steps(name: str, found: Sequence[Steps], seconds: Sequence[float]) -> None:
    """A step's CPU time with each proof."""
    shares = [steps.microseconds(value) for steps, value in zip(found, seconds, strict=True)]
    print_row(name, *(f"{share:.1f}" for share in shares))


def print_latency(name: str, found: Latencies) -> None:
    """Print a row of the latency at the head."""
    p50, p99 = found.quantile(0.5), found.quantile(0.99)
    largest = found.milliseconds[-1]
    print_row(name, f"{p50:.0f}", f"{p99:.0f}", f"{largest:.0f}", str(len(found.milliseconds)))


PARTS: dict[str, Callable[[Bench], None]] = {
    "peers": Bench.peers,
    "verify": Bench.verify,
    "latency": Bench.latency,
    "memory": Bench.memory,
    "steps": Bench.steps,
    "proof": Bench.proof,
    "content": Bench.content,
    "compression": Bench.compression,
    "pack": Bench.pack,
    "history": Bench.history,
    "scaling": Bench.scaling,
    "exporter": Bench.exporter,
}
