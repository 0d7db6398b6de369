"""Keep an Iceberg table with the event logs of exactly one chain, in plain Python (pyiceberg).

Each step is one commit of the table: the changes, and the position as a property of the table. So each event
log counts exactly once, whatever kills this program: run it again, and it continues at the stored position.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from arrow_rows import SCHEMA, build_rows
from command_line import build_parser, check_begun, run
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from ethlogs.fold import Position, Step
from ethlogs.fold.kafka_stream import open_stream

POSITION = "ethlogs.position"


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
            transaction.append(build_rows(step.added))
        transaction.set_properties({POSITION: step.position.to_json()})


def consume(options: argparse.Namespace) -> None:
    """Bring the table up to the end of the stream."""
    table = open_table(options.result)
    position = Position.from_json(table.properties.get(POSITION))
    with open_stream(options.bootstrap_servers, options.topic, options.command_config) as stream:
        for step in stream.steps(position, first_block=options.from_block):
            store(table, step)
            position = step.position
    check_begun(position, options.topic)
    print(f"{table.scan().count()} event logs in {options.result}")


if __name__ == "__main__":
    run(consume, build_parser(__doc__, "folder of the table"))
