"""Keep an Iceberg table with the event logs of exactly one chain, in plain Python (pyiceberg).

Each step is one commit of the table: the changes, and the position as a property of the table. So each event
log counts exactly once, whatever kills this program.

Usage: python iceberg_table.py BOOTSTRAP_SERVERS TOPIC FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from ethlogs.fold import Position, Step
from ethlogs.fold.kafka_stream import open_stream

POSITION = "ethlogs.position"
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


def open_table(folder: Path) -> Table:
    """Open the table in a local warehouse, whose catalog is an SQLite file; create it the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder.resolve()
    catalog = SqlCatalog("local", uri=f"sqlite:///{place}/catalog.db", warehouse=f"file://{place}")
    catalog.create_namespace_if_not_exists("chain")
    return catalog.create_table_if_not_exists("chain.event_logs", SCHEMA)


def store(table: Table, step: Step) -> None:
    """Apply a step as one commit."""
    with table.transaction() as transaction:
        if step.removed:
            # A reorg takes back whole blocks.
            orphans = sorted({log["blockHash"] for log in step.removed})
            transaction.delete(" OR ".join(f"blockHash = '{orphan}'" for orphan in orphans))
        if step.added:
            transaction.append(pa.Table.from_pylist(step.added, SCHEMA))
        transaction.set_properties({POSITION: step.position.to_json()})


def main(bootstrap_servers: str, topic: str, folder: str) -> None:
    """Bring the table up to the end of the stream."""
    table = open_table(Path(folder))
    with open_stream(bootstrap_servers, topic) as stream:
        for step in stream.steps(Position.from_json(table.properties.get(POSITION))):
            store(table, step)
    print(f"{table.scan().count()} event logs in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
