"""The command line of the examples: which stream they read, where the result goes, how errors are shown."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from ethlogs.errors import EthlogsError, TopicError
from ethlogs.fold import Position


def build_parser(description: str | None, result: str) -> argparse.ArgumentParser:
    """Declare what every example takes; ``result`` describes what it writes to."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("bootstrap_servers", help="Kafka brokers, HOST:PORT,…")
    parser.add_argument("topic", help="event-log topic of the stream")
    parser.add_argument("result", type=Path, help=result)
    parser.add_argument("--command-config", type=Path, help="client.properties file with Kafka's security")
    parser.add_argument("--from-block", type=int, default=0, help="leave out the blocks below this height")
    return parser


def run(work: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Do the work of an example, and end with the exit status of what went wrong."""
    options = parser.parse_args()
    try:
        work(options)
    except EthlogsError as error:
        print(f"error: {error}", *([f"fix: {error.hint}"] if error.hint else []), sep="\n", file=sys.stderr)
        sys.exit(error.exit_status)
    except (OSError, sqlite3.Error) as error:
        sys.exit(f"error: {options.result} cannot be used: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def check_begun(position: Position, topic: str) -> None:
    """Raise TopicError where the end of the stream was reached without any record of its ledger."""
    if not position.offsets:
        raise TopicError(f"the ledger of {topic} has no record: nothing was produced to it yet")
