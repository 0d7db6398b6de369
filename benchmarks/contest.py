"""A program that fills a topic, watched from outside: its rate, its CPU time, and what kept it from more.

Every program is watched in the same way, so that its start counts for none: between the first look that finds
records on the topic and the last one before all of them are there.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.lab import RUN_SECONDS, Lab, RecordCounter
from benchmarks.processes import (
    Meter,
    find_driver,
    peak_memory,
    read_machine_seconds,
    read_processes,
)

LOOK_SECONDS = 0.1
DRIVER, SPARK, NODE, BROKER, MACHINE = "driver", "Spark's JVM", "node", "broker", "machine"
ALL_CORES_BUSY = 0.9
ONE_CORE_BUSY = 0.85


class PeerMissing(Exception):  # noqa: N818 - no error: the table says why the row is empty
    """A program cannot run here; the message says why."""


@dataclass(frozen=True)
class Look:
    """What there was at one moment."""

    at: float
    records: int
    seconds: dict[str, float]
    """CPU time so far, by who used it."""


@dataclass(frozen=True)
class Outcome:
    """What a program reached while it was watched."""

    logs: int
    """Event logs that arrived between two looks, the first and the last that count."""
    seconds: float
    """Time between these looks."""
    cpu_seconds: dict[str, float]
    """CPU time between these looks, by who used it."""
    whole_seconds: float
    """From the program's start to its last record."""
    peak_bytes: int
    """Peak resident memory of the driver."""

    @property
    def rate(self) -> float:
        """Event logs a second."""
        return self.logs / self.seconds

    def microseconds(self, who: str) -> float:
        """Return the CPU time of an event log."""
        return self.cpu_seconds.get(who, 0.0) / self.logs * 1e6

    def cores(self, who: str) -> float:
        """Return how many cores it kept busy."""
        return self.cpu_seconds.get(who, 0.0) / self.seconds


def name_limit(outcome: Outcome, cores: int) -> str:
    """Say what a program had no more of.

    All cores, where the machine was busy; else one core, where the driver used it up, since Python and
    Node.js compute on one; else the program waited, for whichever of the services worked more.
    """
    share = outcome.cores(MACHINE) / cores
    used = ", ".join(f"{who} {outcome.cores(who):.2f}" for who in (DRIVER, NODE, BROKER))
    if share >= ALL_CORES_BUSY:
        limit = f"all {cores} cores"
    elif outcome.cores(DRIVER) >= ONE_CORE_BUSY:
        limit = "one core, the driver's"
    else:
        limit = f"waiting for the {max((NODE, BROKER), key=outcome.cores)}"
    return f"{limit} (of one core: {used}; of all: {share:.0%})"


class Contest:
    """Watches one program from its start until all records are on the topic, or it has ended."""

    def __init__(self, lab: Lab, topic: str, process: subprocess.Popen[bytes], *, on_spark: bool) -> None:
        self._counter = RecordCounter(lab.bootstrap, topic)
        self._process = process
        self._driver: int | None = None if on_spark else process.pid
        services = {NODE: lab.net.geth.pid, BROKER: lab.net.kafka.pid, SPARK: process.pid}
        self._meters = {who: Meter(pid) for who, pid in services.items() if pid}
        self._began = time.monotonic()
        self._peak_bytes = 0

    def watch(self, logs: int, *, ends: bool) -> Outcome:
        """Look until the program ends, or until ``logs`` records are there where it never does.

        Raises
        ------
        PeerMissing
            When the program ended too early or had not enough records in time.
        """
        looks = [self._look()]
        try:
            while self._process.poll() is None and (ends or looks[-1].records < logs):
                if looks[-1].at - self._began > RUN_SECONDS:
                    raise PeerMissing(f"{looks[-1].records} of {logs} records after {RUN_SECONDS:.0f} s")
                time.sleep(LOOK_SECONDS)
                looks.append(self._look())
            last = self._counter.count()
        finally:
            self._counter.close()
        status = self._process.poll()
        if last < logs or status:
            raise PeerMissing(f"it ended with status {status} after {last} of {logs} records")
        return summarize(looks, self._began, logs, self._peak_bytes)

    def _look(self) -> Look:
        if self._driver is None:
            self._driver = find_driver(self._process.pid)
        if self._driver is not None:
            self._meters.setdefault(DRIVER, Meter(self._driver))
            self._peak_bytes = max(self._peak_bytes, peak_memory(self._driver))
        processes = read_processes()
        for meter in self._meters.values():
            meter.sample(processes)
        seconds = {who: meter.seconds for who, meter in self._meters.items()}
        # The driver is below the JVM, or is all that there is.
        seconds[SPARK] -= seconds.get(DRIVER, 0.0)
        seconds[MACHINE] = read_machine_seconds()
        return Look(time.monotonic(), self._counter.count(), seconds)


def summarize(looks: Sequence[Look], began: float, logs: int, peak_bytes: int) -> Outcome:
    """Return what happened between the first look with records and the last before all were there.

    A topic holds more records than event logs where transactions end in it, so shares of its records count.
    """
    total = looks[-1].records
    some = [look for look in looks if look.records]
    if not some:
        raise PeerMissing("it had ended before its records were seen")
    full = next(look for look in looks if look.records == total)
    rising = [look for look in some if look.records < total] or some[:1]
    first, last = rising[0], rising[-1] if len(rising) > 1 else full
    if last.at == first.at:
        raise PeerMissing("it was too quick to be measured: use a longer chain")
    used = {who: last.seconds[who] - first.seconds.get(who, 0.0) for who in last.seconds}
    share = (last.records - first.records) / total
    return Outcome(round(logs * share), last.at - first.at, used, full.at - began, peak_bytes)


@dataclass(frozen=True)
class Contestant:
    """A program of the table, and how it is run over the chain."""

    name: str
    run: Callable[[], Outcome]


def measure_in_turn(
    contestants: Sequence[Contestant], rounds: int, report: Callable[[str], None]
) -> dict[str, list[Outcome] | str]:
    """Run each of them once in each round; the reason where one cannot run."""
    outcomes: dict[str, list[Outcome]] = {one.name: [] for one in contestants}
    missing: dict[str, str] = {}
    for number in range(1, rounds + 1):
        for one in contestants:
            if one.name in missing:
                continue
            report(f"{one.name}, {number} of {rounds}")
            try:
                outcomes[one.name].append(one.run())
                report(f"   {outcomes[one.name][-1].rate:,.0f} event logs/s")
            except PeerMissing as exc:
                missing[one.name] = str(exc)
                report(f"   left out: {exc}")
    return {**outcomes, **missing}


HEAD = (
    "program",
    "event logs/s",
    "whole run, s",
    *(f"CPU of {who}, µs an event log" for who in (DRIVER, SPARK, NODE, BROKER)),
    "driver, MiB",
    "what ended it",
)


def build_rows(outcomes: dict[str, list[Outcome] | str], reference: str) -> list[list[str]]:
    """Return a row for each program: medians, and its rate beside the reference's, round by round."""
    rows, ours = [], outcomes[reference]
    for name, runs in outcomes.items():
        if isinstance(runs, str):
            rows.append([name, f"left out: {runs}", *[""] * (len(HEAD) - 1)])
            continue
        cells = [f"{statistics.median(run.rate for run in runs):,.0f}"]
        pairs = [] if isinstance(ours, str) else list(zip(ours, runs, strict=False))
        cells.append(f"{statistics.median(a.rate / b.rate for a, b in pairs):.2f}" if pairs else "-")
        cells.append(f"{statistics.median(run.whole_seconds for run in runs):.1f}")
        for who in (DRIVER, SPARK, NODE, BROKER):
            cells += [f"{statistics.median(run.microseconds(who) for run in runs):.1f}"]
        cells.append(f"{max(run.peak_bytes for run in runs) / (1 << 20):.0f}")
        middle = sorted(runs, key=lambda run: run.rate)[len(runs) // 2]
        rows.append([name, *cells, name_limit(middle, os.cpu_count() or 1)])
    return rows


def head_beside(reference: str) -> list[str]:
    """Return the head of the table of :func:`build_rows`."""
    return [*HEAD[:2], f"`{reference}` is so many times as fast", *HEAD[2:]]
