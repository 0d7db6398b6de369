"""Keep an SQLite table with the event logs of exactly one chain, also while the chain is reorganized.

Each step's changes and its position are stored in one transaction. So each event log counts exactly once,
whatever kills this program: run it again, and it continues at the stored position.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from contextlib import closing

from command_line import build_parser, check_begun, run

from ethlogs.fold import Position, Step
from ethlogs.fold.kafka_stream import open_stream

SCHEMA = """
CREATE TABLE IF NOT EXISTS event_logs (
    block_hash TEXT, log_index INTEGER, block_number INTEGER, address TEXT, value TEXT,
    PRIMARY KEY (block_hash, log_index)
);
CREATE TABLE IF NOT EXISTS position (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT);
"""


def store(database: sqlite3.Connection, step: Step) -> None:
    """Apply a step: all of it or nothing."""
    with database:
        database.executemany(
            "DELETE FROM event_logs WHERE block_hash = ? AND log_index = ?",
            [(log["blockHash"], log["logIndex"]) for log in step.removed],
        )
        database.executemany(
            "INSERT INTO event_logs VALUES (?, ?, ?, ?, ?)",
            [
                (log["blockHash"], log["logIndex"], log["blockNumber"], log["address"], json.dumps(log))
                for log in step.added
            ],
        )
        database.execute("INSERT OR REPLACE INTO position VALUES (1, ?)", [step.position.to_json()])


def consume(options: argparse.Namespace) -> None:
    """Store steps up to the end of the stream, or for ever with --follow."""
    with closing(sqlite3.connect(options.result)) as database:
        database.executescript(SCHEMA)
        (stored,) = database.execute("SELECT max(value) FROM position").fetchone()
        position = Position.from_json(stored)
        with open_stream(options.bootstrap_servers, options.topic, options.command_config) as stream:
            for step in stream.steps(position, first_block=options.from_block, follow=options.follow):
                store(database, step)
                position = step.position
                tip = position.tip
                where = f"block {tip.number} {tip.hash}" if tip else "no followed block"
                print(f"{where}: {len(step.added)} event logs added, {len(step.removed)} removed", flush=True)
        check_begun(position, options.topic)
        (count,) = database.execute("SELECT count(*) FROM event_logs").fetchone()
    print(f"{count} event logs in {options.result}; the stream has no more at the moment")


if __name__ == "__main__":
    options = build_parser(__doc__, "SQLite file with the table and the position")
    options.add_argument("--follow", action="store_true", help="wait for more instead of ending")
    run(consume, options)
