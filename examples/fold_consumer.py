"""Keep an SQLite table with the event logs of exactly one chain, also while the chain is reorganized.

Each step's changes and its position are stored in one transaction. So each event log counts exactly once,
whatever kills this program: run it again, and it continues at the stored position.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from ethlogs.errors import EthlogsError, TopicError
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


def consume(options: argparse.Namespace, database: sqlite3.Connection) -> None:
    """Store steps up to the end of the stream, or for ever with --follow."""
    database.executescript(SCHEMA)
    (stored,) = database.execute("SELECT max(value) FROM position").fetchone()
    position = Position.from_json(stored)
    with open_stream(options.bootstrap_servers, options.topic, options.command_config) as stream:
        steps = stream.steps(position, first_block=options.from_block, follow=options.follow)
        for step in steps:
            store(database, step)
            position = step.position
            tip = f"block {position.tip.number} {position.tip.hash}" if position.tip else "no followed block"
            print(f"{tip}: {len(step.added)} event logs added, {len(step.removed)} removed", flush=True)
    if not position.offsets:
        raise TopicError(f"the ledger of {options.topic} has no record: nothing was produced to it yet")
    (count,) = database.execute("SELECT count(*) FROM event_logs").fetchone()
    print(f"{count} event logs in {options.database}; the stream has no more at the moment")


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bootstrap_servers", help="Kafka brokers, HOST:PORT,…")
    parser.add_argument("topic", help="event-log topic of the stream")
    parser.add_argument("database", help="SQLite file with the result and the position")
    parser.add_argument("--command-config", type=Path, help="client.properties file with Kafka's security")
    parser.add_argument("--from-block", type=int, default=0, help="leave out the blocks below this height")
    parser.add_argument("--follow", action="store_true", help="wait for more instead of ending")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = parse_options()
    try:
        with closing(sqlite3.connect(chosen.database)) as connection:
            consume(chosen, connection)
    except EthlogsError as error:
        print(f"error: {error}", *([f"fix: {error.hint}"] if error.hint else []), sep="\n", file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
