"""Throughput, latency and memory of ethlogs on this machine, beside other programs, in one run.

    python -m benchmarks.run [--only produce,peers] [--repeat 3]

Starts a devnet (a real geth and a real Kafka, on the same cores as what is measured) with a chain of
mainnet-like blocks. The tables, in Markdown, are on stdout, progress on stderr. Of repeated measurements
the tables have the median, of memory the largest.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from benchmarks.backfill import compare_cost
from benchmarks.lab import Lab, Produced, open_lab, produce, say, verify
from benchmarks.latency import measure_latency
from benchmarks.packing import pack_thrice
from benchmarks.peers import ETL, PeerMissing, PeerRun, run_ethereum_etl, run_notebook
from benchmarks.steps import COLLECTOR, REST, STEPS, Steps, measure
from ethlogs.settings import Proof
from ethlogs_devnet import DEFAULT_PLAN, Kind, plan_of_logs
from ethlogs_devnet.geth.plans import logs_in

T = TypeVar("T")

MIB = 1 << 20
PROOFS: tuple[Proof, ...] = ("auto", "receipts")
"""``auto`` proves whole blocks here: the node has the debug methods."""
LARGE_LOGS = 100_000
LARGE_BLOCKS = 5
"""One more than the driver fetches at once."""
PROOF_BENCH = "benchmarks.proof_bench"
CONTENT_BENCH = "benchmarks.content_bench"


@dataclass(frozen=True)
class Options:
    """How much of each part is measured."""

    blocks: int
    repeat: int
    notebook_blocks: int
    head_blocks: int
    block_seconds: float


class Bench:
    """The parts, in the order in which they run; each prints its table."""

    def __init__(self, lab: Lab, options: Options) -> None:
        self._lab = lab
        self._options = options
        self._logs = options.blocks * logs_in(DEFAULT_PLAN)
        self._rates: tuple[float, float] | None = None
        """Of ethlogs with receipts: while it produces, and of the whole process."""

    def produce(self) -> None:
        """Catching up, with each proof."""
        print_head("ethlogs produce", "event logs/s", "wall, logs/s", "wall, s", "driver's Python, MiB")
        for proof in PROOFS:
            run_once = partial(self._produce_once, proof, 1, self._options.blocks, self._logs)
            runs = self._repeated(f"ethlogs produce --proof {proof}", run_once)
            rate = statistics.median(run.report["logsPerSecond"] for run in runs)
            wall = statistics.median(run.wall_seconds for run in runs)
            peak = max(run.peak_bytes for run in runs) / MIB
            self._rates = self._rates or (rate, self._logs / wall)
            cells = [f"{rate:,.0f}", f"{self._logs / wall:,.0f}", f"{wall:.1f}", f"{peak:.0f}"]
            print_row(f"--proof {proof}", *cells)

    def verify(self) -> None:
        """Proving what is on Kafka."""
        topic = self._lab.new_topic()
        say("a stream to verify")
        produce(self._lab, topic, "--start", "1", "--blocks", str(self._options.blocks))
        runs = self._repeated("ethlogs verify", partial(verify, self._lab, topic))
        if any(run.summary["logs"] != self._logs for run in runs):
            raise SystemExit(f"bench: ethlogs verify did not meet {self._logs} event logs")
        wall = statistics.median(run.wall_seconds for run in runs)
        peak = max(run.peak_bytes for run in runs) / MIB
        print_head("ethlogs verify", "wall, s", "wall, logs/s", "its process, MiB")
        blocks = f"{self._options.blocks} blocks, {self._logs:,} event logs"
        print_row(blocks, f"{wall:.1f}", f"{self._logs / wall:,.0f}", f"{peak:.0f}")

    def peers(self) -> None:
        """Other programs on the same chain."""
        print_head("peer", "event logs/s", "wall, logs/s", "ethlogs with receipts", "the same, wall")
        run_etl = partial(run_ethereum_etl, self._lab, self._logs)
        self._print_peer(ETL.replace("==", " ") + " stream", run_etl)
        blocks = min(self._options.notebook_blocks, self._options.blocks)
        run_web3 = partial(run_notebook, self._lab, blocks)
        self._print_peer(f"web3.py, a receipt for each transaction ({blocks} blocks)", run_web3)

    def latency(self) -> None:
        """At the head of a live chain."""
        options, geth = self._options, self._lab.net.geth
        print_head("latency at the head, ms", "p50", "p99", "blocks")
        for way, url in (("asked for", geth.url), ("pushed", geth.ws_url)):
            say(f"latency over {options.head_blocks} blocks, one each {options.block_seconds:g} s, {way}")
            found = measure_latency(self._lab, url, options.head_blocks, options.block_seconds)
            p50, p99 = found.quantile(0.5), found.quantile(0.99)
            outside = f"{way}: from block on the node to visible under read_committed"
            print_row(outside, f"{p50:.0f}", f"{p99:.0f}", str(len(found.milliseconds)))
            inside = found.report["latencyMs"]
            row = (f"{inside['p50']:.0f}", f"{inside['p99']:.0f}", str(inside["blocks"]))
            print_row(f"{way}: the run's report", *row)

    def memory(self) -> None:
        """Blocks of very many event logs: one, and several to catch up over."""
        self._commit_large(1)
        print_head(f"blocks of {LARGE_LOGS:,} event logs", "seconds", "driver's Python, MiB")
        for proof in PROOFS:
            self._print_large(f"one, --proof {proof}", 1, proof)
        self._commit_large(LARGE_BLOCKS - 1)
        self._print_large(f"{LARGE_BLOCKS} in a row, --proof receipts", LARGE_BLOCKS, "receipts")

    def steps(self) -> None:
        """Where the driver's time goes."""
        geth, found = self._lab.net.geth, []
        ways = [*((proof, geth.url) for proof in PROOFS), ("auto", geth.ws_url)]
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
        self._print_program(CONTENT_BENCH)

    def _print_program(self, module: str) -> None:
        command = [sys.executable, "-m", module]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        print(f"\n```\n{done.stdout.rstrip()}\n```")

    def _produce_once(self, proof: str, start: int, blocks: int, logs: int) -> Produced:
        flags = ("--start", str(start), "--blocks", str(blocks), "--proof", proof)
        run = produce(self._lab, self._lab.new_topic(), *flags)
        if run.report["logs"] != logs:
            raise SystemExit(f"bench: {run.report['logs']} event logs instead of {logs}")
        say(f"   {run.report['logsPerSecond']:,.0f} event logs/s, {run.wall_seconds:.1f} s in all")
        return run

    def _print_peer(self, name: str, run_once: Callable[[], PeerRun]) -> None:
        try:
            runs = self._repeated(name, run_once)
        except PeerMissing as exc:
            print_row(name, f"skipped: {exc}", "", "", "")
            return
        rates = (
            statistics.median(run.logs / run.producing_seconds for run in runs),
            statistics.median(run.logs / run.wall_seconds for run in runs),
        )
        ours = self._rates or (None, None)
        ratios = [f"{our / rate:.1f} times" if our else "-" for our, rate in zip(ours, rates, strict=True)]
        print_row(name, *(f"{rate:,.0f}" for rate in rates), *ratios)

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
        short, long = self._options.blocks // 3, self._options.blocks
        logs = (long - short) * logs_in(DEFAULT_PLAN)
        runs = self._repeated("history", partial(compare_cost, self._lab, short, long))
        print_head("all processes, --proof receipts", "CPU, µs an event log", "worker, MiB")
        for name in ("produced", "backfilled"):
            costs = [getattr(run, name) for run in runs]
            micros = statistics.median(cost.cpu_seconds for cost in costs) / logs * 1e6
            worker = max(cost.worker_bytes for cost in costs) / MIB
            print_row(name, f"{micros:.1f}", f"{worker:.0f}" if worker else "")
        ratio = statistics.median(run.backfilled.cpu_seconds / run.produced.cpu_seconds for run in runs)
        print_row("backfilled : produced", f"{ratio:.2f}", "")

    def _print_large(self, name: str, blocks: int, proof: str) -> None:
        say(f"large blocks: {name}")
        start = self._lab.net.geth.height() - blocks + 1
        run = self._produce_once(proof, start, blocks, blocks * LARGE_LOGS)
        seconds = run.report["logs"] / run.report["logsPerSecond"]
        print_row(name, f"{seconds:.1f}", f"{run.peak_bytes / MIB:.0f}")

    def _repeated(self, name: str, run_once: Callable[[], T]) -> list[T]:
        runs = []
        for number in range(1, self._options.repeat + 1):
            say(f"{name}, {number} of {self._options.repeat}")
            runs.append(run_once())
        return runs


def print_head(*cells: str) -> None:
    """The head of a table."""
    print()
    print_row(*cells)
    print_row(*(["---"] * len(cells)))


def print_row(*cells: str) -> None:
    """A row of a table."""
    print(f"| {' | '.join(cells)} |", flush=True)


def print_steps(name: str, found: Sequence[Steps], seconds: Sequence[float]) -> None:
    """A step's CPU time with each proof."""
    shares = [steps.microseconds(value) for steps, value in zip(found, seconds, strict=True)]
    print_row(name, *(f"{share:.1f}" for share in shares))


PARTS: dict[str, Callable[[Bench], None]] = {
    "produce": Bench.produce,
    "verify": Bench.verify,
    "peers": Bench.peers,
    "latency": Bench.latency,
    "memory": Bench.memory,
    "steps": Bench.steps,
    "proof": Bench.proof,
    "content": Bench.content,
    "pack": Bench.pack,
    "history": Bench.history,
}


def parse_arguments(arguments: Sequence[str]) -> tuple[list[str], Options]:
    """The parts that are asked for, and how much of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", metavar="PART,…", help=f"parts to run: {', '.join(PARTS)}")
    parser.add_argument("--repeat", type=int, default=3, help="times that a rate is measured (default 3)")
    parser.add_argument("--blocks", type=int, default=300, help="length of the chain (default 300)")
    parser.add_argument("--notebook-blocks", type=int, default=10, help="for web3.py (default 10)")
    parser.add_argument("--head-blocks", type=int, default=100, help="for the latency (default 100)")
    parser.add_argument("--block-seconds", type=float, default=1.0, help="at the head (default 1)")
    given = vars(parser.parse_args(arguments))
    only = given.pop("only")
    parts = only.split(",") if only else list(PARTS)
    unknown = sorted(set(parts) - PARTS.keys())
    if unknown:
        parser.error(f"unknown parts {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return [part for part in PARTS if part in parts], Options(**given)


def main(arguments: Sequence[str]) -> None:
    """Run the parts and print their tables."""
    parts, options = parse_arguments(arguments)
    load = os.getloadavg()[0]
    with open_lab(options.blocks) as lab:
        print(
            f"{os.cpu_count()} cores ({platform.machine()}), shared with geth and Kafka; Python"
            f" {platform.python_version()}; {options.blocks} blocks of {logs_in(DEFAULT_PLAN)} event logs;"
            f" each rate the median of {options.repeat}; load of the machine before: {load:.1f}",
            flush=True,
        )
        bench = Bench(lab, options)
        for part in parts:
            PARTS[part](bench)


if __name__ == "__main__":
    main(sys.argv[1:])
