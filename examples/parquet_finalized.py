"""Write the event logs of finalized blocks to Parquet files: nothing is ever taken back (pyarrow).

Each step is one file, which appears whole under its name and has the position in its metadata. So each event
log is in exactly one file, whatever kills this program.

Usage: python parquet_finalized.py BOOTSTRAP_SERVERS TOPIC FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ethlogs.fold import Position, Step
from ethlogs.fold.kafka_stream import open_stream

POSITION = b"ethlogs.position"
SCHEMA = pa.schema(
    [
        ("address", pa.string()),
        ("topics", pa.list_(pa.string())),
        ("data", pa.string()),
        ("blockNumber", pa.int64()),
        ("blockHash", pa.string()),
        ("blockTimestamp", pa.int64()),
        ("transactionHash", pa.string()),
        ("transactionIndex", pa.int64()),
        ("logIndex", pa.int64()),
    ]
)


def read_position(files: list[Path]) -> Position:
    """Read the position of the newest file."""
    return Position.from_json(pq.read_schema(files[-1]).metadata[POSITION] if files else None)


def write(folder: Path, number: int, step: Step) -> None:
    """Write a step as a file: under another name first, so that no half file is ever read."""
    schema = SCHEMA.with_metadata({POSITION: step.position.to_json()})
    unfinished = folder / "unfinished"
    pq.write_table(pa.Table.from_pylist(step.added, schema), unfinished)
    unfinished.rename(folder / f"{number:08}.parquet")


def main(bootstrap_servers: str, topic: str, folder: Path) -> None:
    """Write what is finalized up to now."""
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob("*.parquet"))
    with open_stream(bootstrap_servers, topic) as stream:
        steps = stream.steps(read_position(files), finalized_only=True)
        for number, step in enumerate(steps, start=len(files)):
            write(folder, number, step)
    count = sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))
    print(f"{count} event logs in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
