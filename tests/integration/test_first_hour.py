"""The commands of docs/first-hour.md, as a new user gives them to a shell, one after the other."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, Finality, GethNode, KafkaBroker, LiveHead
from scripts.page_commands import read_blocks
from tests.harness.streams import Stream, fetch_expected

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[2]
FINALITY = Finality()
LIMIT_SECONDS = 600
ON_ONE_MACHINE = ("1. Look before you start", "2. One block", "3. The stream", "4. The history", "5. Read it")


def commands_of(section: str) -> str:
    """The commands of a section, but for a tool of Kafka's own, which the devnet does not bring."""
    blocks = read_blocks("first-hour.md", section)
    return "".join(block for block in blocks if "kafka-console-consumer" not in block)


def test_the_first_hour_on_one_machine(
    own_geth: GethNode, breakable_kafka: KafkaBroker, tmp_path: Path
) -> None:
    table = tmp_path / "logs.sqlite"
    script = "set -euxo pipefail\n" + "".join(map(commands_of, ON_ONE_MACHINE))
    for written, here in (
        ("http://geth:8545", own_geth.url),
        ("kafka:9092", breakable_kafka.bootstrap),
        ("logs.sqlite", str(table)),
    ):
        assert written in script
        script = script.replace(written, here)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ETHLOGS_")},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    with LiveHead(own_geth, 0.5, SMALL_PLAN, FINALITY):
        finished = subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    assert finished.returncode == 0, finished.stderr
    stream = Stream(breakable_kafka.bootstrap, "eth_eventlogs")
    expected = fetch_expected(own_geth.url, 1, stream.heights()[-1]).records
    assert len(expected) > 100
    assert sorted((row.key, row.value) for rows in stream.event_logs().values() for row in rows) == sorted(
        expected
    )
    with contextlib.closing(sqlite3.connect(table)) as database:
        ((count,),) = database.execute("SELECT count(*) FROM event_logs")
    assert count == len(expected)
