"""The commands of docs/first-hour.md, as a new user gives them to a shell, one after the other."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, Finality, GethNode, KafkaBroker, LiveHead
from scripts.page_commands import read_script
from tests.harness.pages import Shell
from tests.harness.streams import Stream, fetch_expected

pytestmark = pytest.mark.services

FINALITY = Finality()


def test_the_first_hour_on_one_machine(
    own_geth: GethNode, breakable_kafka: KafkaBroker, tmp_path: Path
) -> None:
    script = (
        read_script("docs/first-hour.md", "1. Look before you start")
        + read_script("docs/first-hour.md", "2. One block")
        + read_script("docs/first-hour.md", "3. The stream")
        + read_script("docs/first-hour.md", "4. The history")
        + read_script("docs/first-hour.md", "5. Read it")
    )
    with LiveHead(own_geth, 0.5, SMALL_PLAN, FINALITY):
        done = Shell(tmp_path).run(
            script, {"http://geth:8545": own_geth.url, "kafka:9092": breakable_kafka.bootstrap}
        )
    assert done.stdout.count('"removed":false}') == 3, "what Kafka's own consumer printed"
    stream = Stream(breakable_kafka.bootstrap, "eth_eventlogs")
    expected = fetch_expected(own_geth.url, 1, stream.heights()[-1]).records
    assert len(expected) > 100
    assert sorted((row.key, row.value) for rows in stream.event_logs().values() for row in rows) == sorted(
        expected
    )
    with contextlib.closing(sqlite3.connect(tmp_path / "logs.sqlite")) as database:
        ((count,),) = database.execute("SELECT count(*) FROM event_logs")
    assert count == len(expected)
