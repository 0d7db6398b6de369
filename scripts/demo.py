"""The demo that ``make demo`` runs inside the devnet: the main job, records read back, and the history."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer

from scripts.page_commands import list_commands

TOPIC = "eth_eventlogs"


def main() -> int:
    """Run the main job and show what it left on Kafka."""
    ethlogs = str(Path(sys.executable).parent / "ethlogs")
    (line,) = list_commands("README.md", "ethlogs")
    show(f"$ {line}")
    status = subprocess.run([ethlogs, *line.split()[1:]], check=False).returncode
    if status:
        return status
    show("\nthree records of the event-log topic, as a consumer under read_committed reads them:")
    show_records(3)
    history = [ethlogs, "backfill", "--confirmations", "5"]
    show(f"\n$ ethlogs {' '.join(history[1:])}")
    status = subprocess.run(history, check=False).returncode
    if status:
        return status
    show("\n$ ethlogs status")
    return subprocess.run([ethlogs, "status"], check=False).returncode


def show(text: str) -> None:
    """A line on stdout, in order with what the commands print."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show_records(count: int, login: Mapping[str, Any] | None = None) -> None:
    """Read the first records of the topic; ``login`` is kafka-python's settings for a Kafka that asks who."""
    settings = {
        "bootstrap_servers": os.environ["ETHLOGS_BOOTSTRAP_SERVER"],
        "isolation_level": "read_committed",
        "auto_offset_reset": "earliest",
        "group_id": None,
        "consumer_timeout_ms": 20_000,
    }
    consumer = KafkaConsumer(TOPIC, **{**(login or {}), **settings})
    for record, _ in zip(consumer, range(count), strict=False):
        show(f"{record.key.decode()}  {record.value.decode()}")
    consumer.close()


if __name__ == "__main__":
    sys.exit(main())
