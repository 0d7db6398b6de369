"""The examples for consumers: each ends with exactly the chain's event logs, over one stream with reorgs."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
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

from ethlogs.errors import TopicError
from ethlogs.fold import Position
from ethlogs.fold.kafka_stream import open_stream
from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker
from ethlogs_devnet.hadoop.other_spark import find_spark
from ethlogs_devnet.hadoop.spark_tables import SPARK_41, find_table_jars
from tests.harness.running import another_run, build_settings, run
from tests.harness.streams import Stream, admin_client, fetch_expected, read_ends

EXAMPLES = Path(__file__).parents[2] / "examples"
SQLITE, ICEBERG, PARQUET = "fold_consumer.py", "iceberg_table.py", "parquet_finalized.py"
FIRST = 2

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


@pytest.fixture(scope="module")
def consumed(kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consumed]:
    """One stream for all of the examples, which start again at where they were before two of the reorgs."""
    stream = Stream(kafka.bootstrap, "consumed")
    with GethNode(tmp_path_factory.mktemp("consumed")) as node:
        made = Consumed(stream, node, tmp_path_factory.mktemp("results"))
        for _ in range(10):
            node.commit_block(SMALL_PLAN)
        node.set_finalized(4)
        settings = build_settings(stream, node.url, start=str(FIRST), blocks=9)
        run(settings).assert_done()
        for depth in (3, 5, 2):
            node.reorg_by_rewind(depth, salt=depth, plan=SMALL_PLAN)
            run(another_run(settings, blocks=1)).assert_done()
            if depth == 3:
                for example in (SQLITE, ICEBERG, PARQUET):
                    made.start(example)
        yield made


def start_example(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def read_sqlite(path: Path) -> set[Place]:
    with closing(sqlite3.connect(path)) as database:
        return set(database.execute("SELECT block_hash, log_index FROM event_logs"))


def places(rows: list[dict[str, Any]]) -> list[Place]:
    return sorted((row["blockHash"], row["logIndex"]) for row in rows)


def test_the_sqlite_table_is_the_chain_and_each_run_says_where_it_ended(consumed: Consumed) -> None:
    before = read_sqlite(consumed.folder / SQLITE)
    said = consumed.start(SQLITE)
    found, expected = read_sqlite(consumed.folder / SQLITE), consumed.expected()
    assert found == expected
    assert before - found, "event logs of the first run were taken back"
    assert said.startswith(f"{len(expected)} event logs in ")


def test_the_iceberg_table_is_the_chain(consumed: Consumed) -> None:
    consumed.start(ICEBERG)
    catalog = SqlCatalog("local", uri=f"sqlite:///{consumed.folder / ICEBERG}/catalog.db")
    rows = catalog.load_table("chain.event_logs").scan().to_arrow().to_pylist()
    catalog.close()
    assert places(rows) == sorted(consumed.expected())


def test_the_parquet_files_have_what_is_finalized(consumed: Consumed) -> None:
    consumed.start(PARQUET)
    files = sorted((consumed.folder / PARQUET).glob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    assert places(rows) == sorted(consumed.expected(last=4))


@pytest.mark.long
def test_the_iceberg_table_of_spark_is_the_chain(consumed: Consumed, tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "spark_iceberg.py"), consumed.stream.bootstrap]
    subprocess.run([*command, consumed.stream.topic, str(tmp_path)], env=spark_environment(), check=True)
    (newest,) = sorted((tmp_path / "warehouse/chain/event_logs/metadata").glob("v*.metadata.json"))[-1:]
    rows = StaticTable.from_metadata(f"file://{newest}").scan().to_arrow().to_pylist()
    assert places(rows) == sorted(consumed.expected())


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


def test_a_consumer_that_is_killed_again_and_again_ends_with_the_chain(
    consumed: Consumed, tmp_path: Path
) -> None:
    """Each time later, so that it is struck before, in and after its transactions."""
    command = [sys.executable, str(EXAMPLES / SQLITE), consumed.stream.bootstrap, consumed.stream.topic]
    database = tmp_path / SQLITE
    for tenths in range(3, 12, 2):
        process = subprocess.Popen([*command, str(database), "--follow"], stdout=subprocess.DEVNULL)
        time.sleep(tenths / 10)
        process.kill()
        process.wait()
    consumed.start(SQLITE, results=tmp_path)
    assert read_sqlite(database) == consumed.expected()


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


def test_the_example_says_how_it_is_used() -> None:
    done = start_example(SQLITE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: fold_consumer.py")


def test_event_logs_that_were_deleted_are_an_error_with_the_block(consumed: Consumed, stream: Stream) -> None:
    """Records before an offset are deleted by request, as retention would."""
    run(build_settings(stream, consumed.node.url, start="8", blocks=1)).assert_done()
    ends = read_ends(stream.bootstrap, stream.topic, "read_committed")
    with admin_client(stream.bootstrap) as admin:
        admin.delete_records({TopicPartition(stream.topic, number): end for number, end in ends.items()})
    with open_stream(stream.bootstrap, stream.topic) as late, pytest.raises(TopicError) as caught:
        list(late.steps(Position()))
    assert "block 8 (" in str(caught.value)
    assert "retention" in (caught.value.hint or "")
