"""Plays every fault, alone and with a reorg meanwhile, and writes docs/faults.md.

    python -m tests.harness.faults.matrix [--only WORDS] [--alone]

The rows are on stdout as they are found, progress on stderr. A part of the matrix writes no page. The exit
status is 10 where anything was lost, duplicated or not proven, or a run did not recover.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from ethlogs_devnet.signals import InterruptedBySignal, handling, raise_interrupted
from tests.harness.faults.catalogue import FAULTS
from tests.harness.faults.fault import Fault
from tests.harness.faults.page import Result, Row, build_page, format_problems, format_row
from tests.harness.faults.scenario import open_kafka, play
from tests.harness.faults.stage import Kafka

PAGE = Path(__file__).parents[3] / "docs" / "faults.md"
DIFFERENT = 10


class Matrix:
    """Faults, one after the other on one broker; ``rows`` has what was played so far."""

    def __init__(self, faults: Sequence[Fault], folder: Path, *, alone: bool) -> None:
        self._faults = faults
        self._folder = folder
        self._alone = alone
        self.rows: list[Row] = []

    def run(self, kafka: Kafka) -> None:
        """Play all."""
        for number, fault in enumerate(self._faults, 1):
            say(f"{number} of {len(self._faults)}: {fault.name}")
            folder = self._folder / str(number)
            alone = self._play(fault, kafka, folder / "alone", reorg=False)
            reorged = None
            if fault.takes_reorg and not self._alone:
                reorged = self._play(fault, kafka, folder / "reorg", reorg=True)
            self.rows.append(Row(fault, alone, reorged))
            print(format_row(self.rows[-1]), flush=True)

    def _play(self, fault: Fault, kafka: Kafka, folder: Path, *, reorg: bool) -> Result:
        try:
            return Result(play(fault, kafka, folder, reorg=reorg))
        except Exception as exc:  # noqa: BLE001 - the other faults are played all the same
            traceback.print_exc()
            return Result(None, f"{type(exc).__name__}: {str(exc)[:300]}")


def say(text: str) -> None:
    """Progress."""
    print(f"faults: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="faults whose name has these words")
    parser.add_argument("--alone", action="store_true", help="without the reorgs")
    given = parser.parse_args(arguments)
    faults = [fault for fault in FAULTS if given.only in fault.name]
    if not faults:
        parser.error(f"no fault has {given.only!r} in its name")
    with tempfile.TemporaryDirectory(prefix="ethlogs-faults-") as folder:
        matrix = Matrix(faults, Path(folder), alone=given.alone)
        try:
            with handling(raise_interrupted), open_kafka(Path(folder)) as kafka:
                matrix.run(kafka)
        except InterruptedBySignal as exc:
            say(f"interrupted after {len(matrix.rows)} of {len(faults)} faults; {PAGE.name} is as it was")
            return exc.exit_status
    return finish(matrix.rows, whole=len(faults) == len(FAULTS) and not given.alone)


def finish(rows: Sequence[Row], *, whole: bool) -> int:
    """Write the page and say what is wrong; returns the exit status."""
    if whole:
        PAGE.write_text(build_page(rows))
        say(f"{PAGE} is written")
    problems = format_problems(rows)
    for problem in problems:
        say(problem)
    return DIFFERENT if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
