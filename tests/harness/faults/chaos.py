"""Strikes one stream with random faults, some two at a time, until the time is over; then verifies it.

    python -m tests.harness.faults.chaos --minutes 10 [--seed SEED] [--one-driver]
    python -m tests.harness.faults.chaos --history --minutes 10 [--executors 4] [--seed SEED]

With ``--one-driver`` no fault ends the driver: what its process holds every few minutes shows whether trouble
leaks.

With ``--history`` a backfill on executors fills the 1,499 blocks below the followed ones, in six parts; the
faults strike both, the executors above all, until history is filled or the time is over. Then the rest is
filled.

The same seed is the same sequence of faults. Ctrl-C ends it early: what is there is verified all the same.
The exit status is 10 where anything was lost, duplicated or not proven, or a run did not recover.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet.signals import InterruptedBySignal, handling, raise_interrupted
from tests.harness.faults import of_the_backfill
from tests.harness.faults.catalogue import FAULTS
from tests.harness.faults.examine import Verdict, examine
from tests.harness.faults.fault import Fault, System, nothing
from tests.harness.faults.history import FIRST_FOLLOWED, HistoryStage
from tests.harness.faults.matrix import DIFFERENT
from tests.harness.faults.resources import measure
from tests.harness.faults.scenario import open_kafka
from tests.harness.faults.stage import Setting, Stage

OVERLAPPING = 0.4
"""The share of blows that are two faults, one while the other lasts."""
PAUSE_SECONDS = (0.0, 6.0)
FIRST_BLOCKS = 70
"""So that the deepest reorg finds enough of them."""
BLOCK_SECONDS = 0.5
WARM_SECONDS = 120.0
"""When a driver has all that it needs: what it holds more later and does not give back, it has leaked."""
MEASURE_SECONDS = 180.0
"""Between two looks at what the driver holds."""
EXECUTORS = 4
SHARE_OF_EXECUTORS = 3
"""How often a fault of an executor is drawn for one of a driver, Kafka or the node.

A backfill whose driver is killed links the part again at which it was: too often, and it never fills any.
"""


@dataclass(frozen=True)
class Blow:
    """What strikes next, and how long after the stream has recovered."""

    pause_seconds: float
    fault: Fault
    meanwhile: Fault | None

    def __str__(self) -> str:
        return (
            f"{self.fault.name}, and meanwhile: {self.meanwhile.name}" if self.meanwhile else self.fault.name
        )


class Blows:
    """The sequence that a seed gives: which nodes there are, and one blow after the other."""

    def __init__(self, seed: int, *, history: bool = False, one_driver: bool = False) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        two_nodes, pushing = self._chance.random() < 0.5, self._chance.random() < 0.5
        self.setting = Setting(
            lying=not (history or pushing), two_nodes=two_nodes and not history, pushing=pushing
        )
        self._faults = [fault for fault in FAULTS if fault.setting.fits_into(self.setting)]
        if one_driver:
            self._faults = [fault for fault in self._faults if not fault.ends_driver]
        if history:
            # What is backfilled is final: no reorg reaches it.
            followed = [fault for fault in self._faults if fault.system is not System.CHAIN]
            executors = [fault for fault in of_the_backfill.FAULTS if fault.system is System.EXECUTOR]
            self._faults = [*followed, *of_the_backfill.FAULTS, *(SHARE_OF_EXECUTORS - 1) * executors]

    def __iter__(self) -> Iterator[Blow]:
        while True:
            fault = self._chance.choice(self._faults)
            others = [other for other in self._faults if _can_overlap(fault, other)]
            overlaps = self._chance.random() < OVERLAPPING
            meanwhile = self._chance.choice(others)
            yield Blow(self._chance.uniform(*PAUSE_SECONDS), fault, meanwhile if overlaps else None)


def _can_overlap(fault: Fault, other: Fault) -> bool:
    """A node and its chain cannot be struck twice at once."""
    chain = (System.NODE, System.CHAIN)
    return fault.system is not other.system and not (fault.system in chain and other.system in chain)


class Chaos:
    """Blows on one stage."""

    def __init__(self, stage: Stage, seconds: float) -> None:
        self._stage = stage
        self._began = time.monotonic()
        self._seconds = seconds
        self._measures_at = WARM_SECONDS
        self.blows = 0

    def is_late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() - self._began > self._seconds

    def rage(self, blows: Blows, is_over: Callable[[], bool]) -> str | None:
        """Strike until it is over; returns what went wrong with the harness or the recovery."""
        try:
            for blow in blows:
                if is_over():
                    return None
                self._strike(blow)
                self._measure_when_due()
        except InterruptedBySignal:
            self.say("interrupted; verifying what is there")
        except Exception as exc:  # noqa: BLE001 - what is there is verified all the same
            traceback.print_exc()
            return f"{type(exc).__name__}: {exc}"
        return None

    def say(self, text: str) -> None:
        """A line with the time since the beginning."""
        print(f"{time.monotonic() - self._began:7.1f} s  {text}", flush=True)

    def measure(self) -> None:
        """Say what the driver holds, and how long its process has been struck: a new one begins at zero."""
        driver = self._stage.driver
        found = measure(driver.pid)
        self.say(f"the driver, attempt {driver.attempt} of run {driver.settings.run}: {found or 'has ended'}")

    def _measure_when_due(self) -> None:
        if time.monotonic() - self._began >= self._measures_at:
            self._measures_at += MEASURE_SECONDS
            self.measure()

    def _strike(self, blow: Blow) -> None:
        stage, other = self._stage, blow.meanwhile
        stage.hold(blow.pause_seconds)
        self.say(str(blow))
        self.blows += 1
        blow.fault.strike(stage, (lambda: other.strike(stage, nothing)) if other else nothing)
        seconds = stage.recover()
        self.say(f"   recovered in {seconds:.1f} s at block {stage.run.tip}")


def run_chaos(minutes: float, seed: int, folder: Path, *, one_driver: bool) -> int:
    """Play; returns the exit status."""
    blows = Blows(seed, one_driver=one_driver)
    nodes = "two nodes" if blows.setting.two_nodes else "one node"
    nodes += " over WebSocket" if blows.setting.pushing else " over HTTP"
    print(f"SEED={seed}, {minutes:g} minutes, {nodes}", flush=True)
    with (
        handling(raise_interrupted),
        open_kafka(folder) as kafka,
        Stage(folder, kafka, blows.setting, BLOCK_SECONDS, FIRST_BLOCKS, lenient=True) as stage,
    ):
        stage.wait_for_blocks()
        chaos = Chaos(stage, minutes * 60)
        problem = chaos.rage(blows, chaos.is_late)
        stage.heal()
        chaos.measure()
        status = stage.end_run()
        chaos.say(f"the run has ended with status {status}; verifying blocks 1 to {stage.geth.height()}")
        verdict = examine(stage.stream, stage.geth.url, 1, stage.geth.height(), folder / "verify")
        return tell(verdict, problem, chaos, seed)


def run_history(minutes: float, seed: int, executors: int, folder: Path) -> int:
    """Play until history is filled; returns the exit status."""
    blows = Blows(seed, history=True)
    print(f"SEED={seed}, {minutes:g} minutes, history on {executors} executors", flush=True)
    with (
        handling(raise_interrupted),
        open_kafka(folder) as kafka,
        HistoryStage(folder, kafka, executors, blows.setting) as stage,
    ):
        chaos = Chaos(stage, minutes * 60)
        chaos.say(f"followed from block {FIRST_FOLLOWED} on; filling the blocks below")
        problem = chaos.rage(blows, lambda: stage.backfill.is_done or chaos.is_late())
        stage.heal()
        stage.end_backfill()
        chaos.say(f"history is filled; the commands ended with {'; '.join(stage.backfill.ends)}")
        status = stage.end_run()
        chaos.say(f"the run has ended with status {status}; verifying blocks 1 to {stage.geth.height()}")
        verdict = stage.examine(folder / "verify")
        if problem or not verdict.is_proven:
            print("\n".join(stage.backfill.told), flush=True)
        return tell(verdict, problem, chaos, seed)


def tell(verdict: Verdict, problem: str | None, chaos: Chaos, seed: int) -> int:
    """Print the verdict; returns the exit status."""
    is_good = verdict.is_proven and problem is None
    chaos.say(
        f"{'proven' if is_good else 'NOT PROVEN'}: SEED={seed}, {chaos.blows} blows,"
        f" {verdict.blocks:,} blocks with {verdict.logs:,} event logs, {verdict.reorgs} reorgs, the deepest"
        f" of {verdict.deepest_reorg}; lost {verdict.lost}, duplicated {verdict.doubled}"
    )
    for text in (problem, verdict.problem):
        if text:
            chaos.say(text)
    return 0 if is_good else DIFFERENT


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, help="else a new one")
    parser.add_argument("--one-driver", action="store_true", help="without the faults that end the driver")
    parser.add_argument("--history", action="store_true", help="with a backfill beside the follower")
    parser.add_argument("--executors", type=int, default=EXECUTORS, help="of the backfill")
    given = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1 << 32) if given.seed is None else given.seed
    with tempfile.TemporaryDirectory(prefix="ethlogs-chaos-") as folder:
        try:
            if given.history:
                return run_history(given.minutes, seed, given.executors, Path(folder))
            return run_chaos(given.minutes, seed, Path(folder), one_driver=given.one_driver)
        except InterruptedBySignal as exc:
            print(f"interrupted before the proof: SEED={seed}", flush=True)
            return exc.exit_status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
