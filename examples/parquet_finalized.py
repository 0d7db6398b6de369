"""Write the event logs of finalized blocks to Parquet files: nothing is ever taken back (pyarrow).

Each step is one file, which appears whole under its name and has the position in its metadata. So each event
log is in exactly one file, whatever kills this program: run it again, and it continues there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow.parquet as pq
from arrow_rows import build_rows
from command_line import build_parser, run

from ethlogs.fold import Position, Step
from ethlogs.fold.kafka_stream import open_stream

POSITION = b"ethlogs.position"


def read_position(files: list[Path]) -> Position:
    """Read the position of the newest file."""
    return Position.from_json(pq.read_schema(files[-1]).metadata[POSITION] if files else None)


def write(folder: Path, number: int, step: Step) -> None:
    """Write a step as a file: under another name first, so that no half file is ever read."""
    unfinished = folder / "unfinished"
    rows = build_rows(step.added).replace_schema_metadata({POSITION: step.position.to_json()})
    pq.write_table(rows, unfinished)
    unfinished.rename(folder / f"{number:08}.parquet")


def consume(options: argparse.Namespace) -> None:
    """Write what is finalized up to now."""
    folder = options.result
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob("*.parquet"))
    with open_stream(options.bootstrap_servers, options.topic, options.command_config) as stream:
        steps = stream.steps(read_position(files), first_block=options.from_block, finalized_only=True)
        for number, step in enumerate(steps, start=len(files)):
            write(folder, number, step)
    count = sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))
    print(f"{count} event logs in {folder}")


if __name__ == "__main__":
    run(consume, build_parser(__doc__, "folder of the files"))
