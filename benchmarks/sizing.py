"""What all of a chain's history needs: executors, nodes, hours and bytes on Kafka, by measured figures.

    python -m benchmarks.sizing [--event-logs 5e9] [--cores 64] …

Every input is printed with its source. docs/backfill.md has the output for mainnet.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

HOUR_SECONDS = 3600.0
CORES = (8, 16, 32)
TB = 1e12


@dataclass(frozen=True)
class Figure:
    """An input, and its source."""

    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class Figures:
    """All inputs."""

    blocks: Figure = Figure(24e6, "blocks", "mainnet at the end of 2025, rounded")
    event_logs: Figure = Figure(5e9, "event logs", "mainnet at the end of 2025, assumed")
    executor_us: Figure = Figure(
        58.0,
        "µs of executors' CPU for each event log",
        "make bench ONLY=history: --proof receipts, two cores shared with geth",
    )
    header_us: Figure = Figure(
        400.0, "µs of executors' CPU for each header", "assumed: one request, decoded and hashed"
    )
    node_us: Figure = Figure(
        72.0, "µs of a node's CPU for each event log", "geth's eth_getBlockReceipts, measured"
    )
    node_cores: Figure = Figure(8.0, "cores of a node for this work", "assumed")
    slots: Figure = Figure(32.0, "slots: tasks at a time, at most", "a ledger that ethlogs creates")
    scaling: Figure = Figure(
        0.95, "share of linear scaling that is reached", "make bench ONLY=scaling: eight executors"
    )
    record_bytes: Figure = Figure(
        149.0, "bytes of an event log on Kafka, with lz4", "1,253 logs of mainnet in batches"
    )
    ledger_bytes: Figure = Figure(
        600.0, "bytes of a ledger record on Kafka", "a slot's record, not compressed"
    )
    replication: Figure = Figure(3.0, "replicas", "assumed")


@dataclass(frozen=True)
class Need:
    """The hours, nodes and rate of a number of executor cores."""

    cores: int
    hours: float
    nodes: float
    """The number at which they do not limit the speed."""
    logs_per_second: float


def compute_need(figures: Figures, cores: int) -> Need:
    """Compute how long so many cores of executors take, and how many nodes keep up with them."""
    work_us = figures.event_logs.value * figures.executor_us.value
    work_us += figures.blocks.value * figures.header_us.value
    busy = min(float(cores), figures.slots.value)
    seconds = work_us / 1e6 / busy / figures.scaling.value
    node_seconds = figures.event_logs.value * figures.node_us.value / 1e6
    nodes = node_seconds / figures.node_cores.value / seconds
    return Need(cores, seconds / HOUR_SECONDS, nodes, figures.event_logs.value / seconds)


def compute_terabytes(figures: Figures) -> float:
    """Compute what is on the brokers' disks in the end, of all replicas."""
    logs = figures.event_logs.value * figures.record_bytes.value
    return (logs + figures.blocks.value * figures.ledger_bytes.value) * figures.replication.value / TB


def format_sizing(figures: Figures, cores: Sequence[int] = CORES) -> str:
    """Return the tables, in Markdown."""
    lines = ["| input | value | source |", "|---|---|---|"]
    for item in fields(figures):
        figure: Figure = getattr(figures, item.name)
        lines.append(f"| {figure.unit} | {figure.value:,.10g} | {figure.source} |")
    lines += ["", "| executor cores | hours | event logs/s | nodes |", "|---|---|---|---|"]
    for need in (compute_need(figures, number) for number in cores):
        rate = f"{need.logs_per_second:,.0f}"
        lines.append(f"| {need.cores} | {need.hours:.1f} | {rate} | {need.nodes:.1f} |")
    lines += ["", f"On Kafka's disks, all replicas: {compute_terabytes(figures):.1f} TB."]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Print the tables, for mainnet unless figures are given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for item in fields(Figures):
        figure: Figure = getattr(Figures(), item.name)
        text = f"{figure.unit} ({figure.value:g})"
        parser.add_argument(f"--{item.name.replace('_', '-')}", type=float, metavar="N", help=text)
    parser.add_argument("--cores", type=int, nargs="+", default=CORES, help="cores of executors")
    given = vars(parser.parse_args(arguments))
    cores = given.pop("cores")
    figures = Figures()
    for name, value in given.items():
        if value is not None:
            asked = Figure(value, getattr(figures, name).unit, "given")
            figures = replace(figures, **{name: asked})
    print(format_sizing(figures, cores))


if __name__ == "__main__":
    main(sys.argv[1:])
