"""An example over a stream that is made up in memory, and killed in the middle of its work.

    python -m tests.unit.example_on_history SEED ACTS STATE MOMENT PROGRAM ARGUMENTS…

A fake in the place of Kafka alone: the stream is a history of :mod:`tests.unit.fold.histories`, which the
same SEED makes again, longer with more ACTS. STATE is ``whole``, ``compacted`` or ``expired``. MOMENT names a
function, ``module:name``: behind its first call the program gets SIGKILL, so what it dies between does not
depend on the machine. ``-`` lets it live.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ethlogs.fold import Position, Step, fold_step, kafka_stream, take_batch
from tests.harness.killed_program import kill_after
from tests.unit.fold.histories import PARTITIONS, History

STEP_BLOCKS = 8
"""Few, so that there are several steps."""
FINALITY = 4


def make_history(seed: int, acts: int, state: str) -> History:
    """Make a stream; the same one up to the same number of acts."""
    history = History(seed, finality=FINALITY)
    history.grow(5, logs=2)
    for _ in range(acts):
        history.act()
    if state == "compacted":
        history.compact()
    if state == "expired":
        for partition in range(PARTITIONS):
            history.expire(partition, 20)
    return history


class HistoryReader:
    """Reads a history as :class:`ethlogs.fold.kafka_stream.StreamReader` reads Kafka."""

    def __init__(self, history: History) -> None:
        self._history = history

    def steps(
        self, position: Position, *, first_block: int = 0, finalized_only: bool = False, follow: bool = False
    ) -> Iterator[Step]:
        """Yield the steps after a position."""
        rows = self._history.ledger
        waiting = [row for row in rows if row.offset >= position.offsets.get(row.partition, 0)]
        while True:
            taken, waiting = take_batch(waiting, finalized_only=finalized_only, most_blocks=STEP_BLOCKS)
            if not taken:
                return
            step = fold_step(position, taken, self._history.read, first_block)
            position = step.position
            yield step


def main(seed: str, acts: str, state: str, moment: str, program: str, *arguments: str) -> None:
    history = make_history(int(seed), int(acts), state)

    @contextmanager
    def open_history(*_: object) -> Iterator[HistoryReader]:
        yield HistoryReader(history)

    kafka_stream.open_stream = open_history  # type: ignore[assignment]
    if moment != "-":
        kill_after(moment)
    sys.argv = [program, "nowhere:9092", "made-up", *arguments]
    sys.path.insert(0, str(Path(program).parent))
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
