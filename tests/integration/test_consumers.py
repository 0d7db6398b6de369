"""The examples for consumers: each ends with exactly the chain's event logs, over one stream with reorgs.

Its ledger is compacted, and each example is killed in the middle of its steps before it comes to the end.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from kafka import TopicPartition
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable

from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker
from ethlogs_devnet.hadoop.other_spark import find_spark
from ethlogs_devnet.hadoop.spark_tables import SPARK_41, find_table_jars
from tests.harness.running import another_run, build_settings, run, wait_until
from tests.harness.streams import (
    Stream,
    admin_client,
    create_stream_compacted_at_once,
    create_topic,
    create_when_gone,
    fetch_expected,
    read_ends,
)

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
KILLED = ROOT / "tests" / "harness" / "killed_program.py"
SQLITE, ICEBERG, PARQUET = "fold_consumer.py", "iceberg_table.py", "parquet_finalized.py"
SPARK = "spark_iceberg.py"
FIRST, FINALIZED = 2, 4

Place = tuple[str, int]


@dataclass(frozen=True)
class Consumed:
    """A stream with three reorgs, and what the examples made of it before the last two."""

    stream: Stream
    node: GethNode
    folder: Path

    def expected(self, last: int | None = None) -> set[Place]:
        """What the chain has, asked of geth."""
        expected = fetch_expected(self.node.url, FIRST, self.node.height() if last is None else last)
        logs = (json.loads(value) for _, value in expected.records)
        return {(log["blockHash"], log["logIndex"]) for log in logs}

    def start(self, example: str, *options: str, results: Path | None = None) -> str:
        """Run an example over the stream; its last line."""
        folder = self.folder if results is None else results
        result = folder / example
        done = start_example(example, self.stream.bootstrap, self.stream.topic, result, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    def kill(self, example: str, *moments: str, results: Path | None = None) -> None:
        """Run an example as often as there are moments, and kill it at each one."""
        result = (self.folder if results is None else results) / example
        for moment in moments:
            arguments = (self.stream.bootstrap, self.stream.topic, result)
            killed = start_program(KILLED, moment, 1, EXAMPLES / example, *arguments)
            assert killed.returncode == -signal.SIGKILL, f"{moment}: {killed.stderr}"


@pytest.fixture(scope="module")
def consumed(kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consumed]:
    """One stream for all of the examples, which start again at where they were before two of the reorgs."""
    stream = Stream(kafka.bootstrap, "consumed")
    with GethNode(tmp_path_factory.mktemp("consumed")) as node:
        made = Consumed(stream, node, tmp_path_factory.mktemp("results"))
        create_stream_compacted_at_once(stream)
        for _ in range(10):
            node.commit_block(SMALL_PLAN)
        node.set_finalized(FINALIZED)
        settings = build_settings(stream, node.url, start=str(FIRST), blocks=9)
        run(settings).assert_done()
        for depth in (3, 5, 2):
            node.reorg_by_rewind(depth, salt=depth, plan=SMALL_PLAN)
            run(another_run(settings, blocks=1)).assert_done()
            if depth == 3:
                for example in (SQLITE, ICEBERG, PARQUET):
                    made.start(example)
        wait_until(lambda: is_compacted(stream), "the ledger is compacted")
        yield made


def is_compacted(stream: Stream) -> bool:
    """Whether Kafka has left the newest record of each block alone: reorgs have written several of some."""
    keys = [row.key for row in stream.blocks()]
    return len(keys) == len(set(keys))


def start_program(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def start_example(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return start_program(EXAMPLES / name, *arguments)


def read_sqlite(path: Path) -> set[Place]:
    with closing(sqlite3.connect(path)) as database:
        return set(database.execute("SELECT block_hash, log_index FROM event_logs"))


def places(rows: list[dict[str, Any]]) -> list[Place]:
    return sorted((row["blockHash"], row["logIndex"]) for row in rows)


def test_the_sqlite_table_is_the_chain_and_each_run_says_where_it_ended(consumed: Consumed) -> None:
    before = read_sqlite(consumed.folder / SQLITE)
    # Between the rows and the position of its transaction.
    consumed.kill(SQLITE, "ethlogs.fold:Position.to_json")
    assert read_sqlite(consumed.folder / SQLITE) == before
    said = consumed.start(SQLITE)
    found, expected = read_sqlite(consumed.folder / SQLITE), consumed.expected()
    assert found == expected
    assert before - found, "event logs of the first run were taken back"
    assert said.startswith(f"{len(expected)} event logs in ")


def test_the_iceberg_table_is_the_chain(consumed: Consumed) -> None:
    transaction = "pyiceberg.table:Transaction"
    consumed.kill(
        ICEBERG, f"{transaction}.delete", f"{transaction}.append", f"{transaction}.commit_transaction"
    )
    consumed.start(ICEBERG)
    catalog = SqlCatalog("local", uri=f"sqlite:///{consumed.folder / ICEBERG}/catalog.db")
    rows = catalog.load_table("chain.event_logs").scan().to_arrow().to_pylist()
    catalog.close()
    assert places(rows) == sorted(consumed.expected())


def test_the_parquet_files_have_what_is_finalized(consumed: Consumed, tmp_path: Path) -> None:
    consumed.kill(PARQUET, "pyarrow.parquet:write_table", "pathlib:Path.rename", results=tmp_path)
    for folder in (consumed.folder, tmp_path):
        consumed.start(PARQUET, results=folder)
        files = sorted((folder / PARQUET).glob("*.parquet"))
        rows = [row for file in files for row in pq.read_table(file).to_pylist()]
        assert places(rows) == sorted(consumed.expected(last=FINALIZED))


@pytest.mark.long
def test_the_iceberg_table_of_spark_is_the_chain(consumed: Consumed, tmp_path: Path) -> None:
    for call in (1, 2):
        # Before the first merge, and between a merge and the checkpoint of its batch.
        killed = start_spark(consumed.stream, tmp_path, killed_at=call)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = start_spark(consumed.stream, tmp_path)
    if done.returncode:
        # Spark 4.1.1 can fail when it starts in the middle of a batch: docs/consumers.md says so.
        assert "NullPointerException" in done.stderr
        done = start_spark(consumed.stream, tmp_path)
    assert done.returncode == 0, done.stderr
    assert places(read_spark_table(tmp_path)) == sorted(consumed.expected())


def start_spark(stream: Stream, folder: Path, killed_at: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the example on Spark; killed at a call of SparkSession.sql, the first of which makes the table."""
    killing = [str(KILLED), "pyspark.sql:SparkSession.sql", str(killed_at)] if killed_at else []
    return subprocess.run(
        [sys.executable, *killing, str(EXAMPLES / SPARK), stream.bootstrap, stream.topic, str(folder)],
        env=spark_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def read_spark_table(folder: Path) -> list[dict[str, Any]]:
    versions = (folder / "warehouse/chain/event_logs/metadata").glob("v*.metadata.json")
    newest = max(versions, key=lambda path: int(path.name[1:].partition(".")[0]))
    rows: list[dict[str, Any]] = StaticTable.from_metadata(f"file://{newest}").scan().to_arrow().to_pylist()
    return rows


def spark_environment() -> dict[str, str]:
    """Where Python finds the Spark for which the connectors exist, and these."""
    jars = ",".join(str(jar) for jar in find_table_jars())
    settings = "--master local[2] --conf spark.sql.shuffle.partitions=2 --conf spark.ui.enabled=false"
    return {
        **os.environ,
        "PYTHONPATH": str(find_spark(SPARK_41).parents[2]),
        "PYSPARK_SUBMIT_ARGS": f"{settings} --jars {jars} pyspark-shell",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def test_a_new_consumer_of_a_compacted_ledger_ends_with_the_chain(consumed: Consumed, tmp_path: Path) -> None:
    consumed.start(SQLITE, results=tmp_path)
    assert read_sqlite(tmp_path / SQLITE) == consumed.expected()


def test_a_first_block_is_where_a_table_begins(consumed: Consumed, tmp_path: Path) -> None:
    consumed.start(SQLITE, "--from-block", "8", results=tmp_path)
    below = consumed.expected(last=7)
    assert read_sqlite(tmp_path / SQLITE) == consumed.expected() - below


@pytest.mark.parametrize("wrong", ["no-such-topic", "consumed.ledger"])
def test_a_wrong_topic_is_named_and_is_no_success(consumed: Consumed, tmp_path: Path, wrong: str) -> None:
    done = start_example(SQLITE, consumed.stream.bootstrap, wrong, tmp_path / SQLITE)
    assert done.returncode == 7
    assert f"there is no topic {wrong}.ledger" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_of_topics_that_were_created_again_is_not_continued(
    consumed: Consumed, tmp_path: Path
) -> None:
    # The new ledger is longer than the old one, and its blocks are above: neither offset nor hash differs.
    stream = Stream(consumed.stream.bootstrap, "recreated")
    run(build_settings(stream, consumed.node.url, start=str(FIRST), blocks=1)).assert_done()
    command = (SQLITE, stream.bootstrap, stream.topic, tmp_path / SQLITE)
    assert start_example(*command).returncode == 0
    before = read_sqlite(tmp_path / SQLITE)
    with admin_client(stream.bootstrap) as admin:
        admin.delete_topics([stream.topic, stream.ledger])
    create_when_gone(lambda: create_topic(stream.bootstrap, stream.topic, 1))
    create_when_gone(lambda: create_topic(stream.bootstrap, stream.ledger, 2, cleanup_policy="compact"))
    run(build_settings(stream, consumed.node.url, start=str(FIRST + 2), blocks=6)).assert_done()
    done = start_example(*command)
    assert done.returncode == 7, done.stderr
    assert "error: the position is from a ledger with the topic id " in done.stderr
    assert "deleted and created again" in done.stderr
    assert read_sqlite(tmp_path / SQLITE) == before != set()


@pytest.mark.parametrize("example", [SQLITE, ICEBERG, PARQUET])
def test_a_result_that_cannot_be_written_is_named(tmp_path: Path, example: str) -> None:
    result = tmp_path / "result"
    # SQLite wants a file, the others want a folder.
    result.mkdir() if example == SQLITE else result.touch()
    done = start_example(example, "127.0.0.1:1", "logs", result)
    assert (done.returncode, done.stderr.splitlines()[1:]) == (1, [])
    assert done.stderr.startswith(f"error: {result} cannot be used: ")


def test_the_example_says_how_it_is_used() -> None:
    done = start_example(SQLITE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: fold_consumer.py")


@pytest.fixture(scope="module")
def expired(consumed: Consumed) -> Stream:
    """A stream whose event logs are gone but for those of its newest block.

    Records before an offset are deleted by request, as retention would.
    """
    stream = Stream(consumed.stream.bootstrap, "expired")
    settings = build_settings(stream, consumed.node.url, start=str(FIRST), blocks=FINALIZED - FIRST + 1)
    run(settings).assert_done()
    ends = read_ends(stream.bootstrap, stream.topic, "read_committed")
    with admin_client(stream.bootstrap) as admin:
        admin.delete_records({TopicPartition(stream.topic, number): end for number, end in ends.items()})
    run(another_run(settings, blocks=1)).assert_done()
    return stream


@pytest.mark.parametrize("example", [SQLITE, ICEBERG, PARQUET])
def test_event_logs_that_retention_deleted_are_an_error_with_the_block_and_the_fix(
    expired: Stream, tmp_path: Path, example: str
) -> None:
    done = start_example(example, expired.bootstrap, expired.topic, tmp_path / example)
    assert done.returncode == 7
    assert f"error: by the ledger, block {FIRST} (" in done.stderr
    assert "fix: the topic's retention" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_consumer_begins_at_a_block_that_retention_has_left(
    consumed: Consumed, expired: Stream, tmp_path: Path
) -> None:
    first = FINALIZED + 1
    options = (tmp_path / SQLITE, "--from-block", first)
    done = start_example(SQLITE, expired.bootstrap, expired.topic, *options)
    assert done.returncode == 0, done.stderr
    expected = consumed.expected(last=first) - consumed.expected(last=first - 1)
    assert read_sqlite(tmp_path / SQLITE) == expected != set()


@pytest.mark.long
def test_spark_ends_with_an_error_where_retention_deleted_event_logs(expired: Stream, tmp_path: Path) -> None:
    done = start_spark(expired, tmp_path)
    assert done.returncode != 0
    assert "data may have been lost" in done.stderr.lower() or "data loss" in done.stderr.lower()
    assert read_spark_table(tmp_path) == []
