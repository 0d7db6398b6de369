"""Programs and files of the pages, the exporter, and a devnet for oneself."""

from __future__ import annotations

import re
import shlex
import signal
import textwrap

import pytest
import requests

from scripts.page_commands import read_file, read_script
from tests.harness.pages import fill
from tests.harness.prometheus import MONITORING, promtool
from tests.harness.running import wait_until
from tests.harness.streams import (
    create_topic,
    read_topic,
)
from tests.integration.pages.user import BROKER, TOPIC, USDC, User

pytestmark = pytest.mark.services


@pytest.mark.long
@pytest.mark.parametrize("section", ["A selected stream", "Decoded event logs"])
def test_a_selected_or_decoded_stream_as_the_page_of_the_records_has_it(user: User, section: str) -> None:
    scripts = {
        "A selected stream": read_script("docs/data-on-kafka.md", "A selected stream"),
        "Decoded event logs": read_script("docs/data-on-kafka.md", "Decoded event logs", "--abi"),
    }
    own = user.of("-transfers")
    values = {"usdc_transfers": own.topic, "…": ""}
    if USDC in scripts[section]:
        values[USDC] = user.find_token()
    user.shell.run(scripts[section], values, ETHLOGS_BLOCKS="3", ETHLOGS_CREATE_TOPICS="true")
    assert len(own.heights()) == 3


def test_the_exporter_serves_two_streams_and_prometheus_takes_the_configuration(user: User) -> None:
    user.have(4)
    other = user.of("-2")
    command = read_script("docs/monitoring.md", "Monitoring", "ethlogs exporter").removesuffix("\n")
    values = {**user.addresses, TOPIC: user.stream.topic, "usdc_transfers": other.topic}
    with user.shell.start(command, values, ETHLOGS_LISTEN="127.0.0.1:0") as running:
        address = wait_until(
            lambda: re.search(r"serving http://(\S+?)/metrics", running.output), "it listens"
        )
        metrics = requests.get(f"http://{address[1]}/metrics", timeout=10).text
    assert f'ethlogs_tip_block_number{{chain_id="1337",topic="{user.stream.topic}"}} 4.0' in metrics
    assert f'topic="{other.topic}"' in metrics
    configuration = user.shell.folder / "prometheus.yml"
    configuration.write_text(
        fill(
            read_file("docs/monitoring.md", "Monitoring", "scrape_configs"),
            {"edge.example.com:9735": address[1]},
        )
        + fill(
            read_file("docs/monitoring.md", "Alerts"),
            {"/etc/prometheus/ethlogs/alerts.yml": str(MONITORING / "alerts.yml")},
        )
    )
    assert "SUCCESS" in promtool("check", "config", str(configuration))


def test_the_pages_header_file_is_one_that_ethlogs_takes(user: User) -> None:
    file = user.shell.folder / "headers"
    file.write_text(read_file("docs/nodes.md", "Tokens"))
    file.chmod(0o600)
    urls = f"{user.node.url} https://other.example.com"
    done = user.shell.run("ethlogs logs 3", ETHLOGS_NODE_HEADER_FILE=str(file), ETHLOGS_NODE_URL=urls)
    assert len(done.stdout.splitlines()) == 6


def test_the_python_of_the_pages(user: User) -> None:
    create_topic(user.stream.bootstrap, "my_topic")
    values = {**user.addresses, "20_000_000": "5"}
    user.run_python(fill(read_file("docs/python.md", "Python"), values))
    assert sum(map(len, read_topic(user.stream.bootstrap, "my_topic").values())) == 6
    user.have(2)
    submitted = read_file("docs/notebook.md", "From a notebook")
    attached = read_file("docs/notebook.md", "Interrupts and restarts")
    program = fill(submitted, {**user.addresses, "5000": "3"}) + "print(run.id)\n"
    run_id = user.run_python(program).splitlines()[-1]
    again = fill(attached, {"20261126-062825-7b10c2": run_id})
    assert user.run_python(f"import ethlogs\n{again}print(run.state)\n") == "done\n"
    assert user.stream.heights() == [1, 2, 3, 4, 5]


CONSUMER = """
    import sqlite3
    database = sqlite3.connect("table.db")
    database.execute("CREATE TABLE logs (block TEXT, place INT)")
    database.execute("CREATE TABLE position (value TEXT)")
    stored_position = None
    def insert_event_logs(logs):
        database.executemany("INSERT INTO logs VALUES (:blockHash, :logIndex)", logs)
    def delete_event_logs(logs):
        database.executemany("DELETE FROM logs WHERE block = :blockHash AND place = :logIndex", logs)
    def store_position(text):
        database.execute("INSERT INTO position VALUES (?)", [text])
        (count,) = database.execute("SELECT count(*) FROM logs").fetchone()
        if count == EXPECTED:  # the page's loop has no end
            print(count)
            raise SystemExit
"""
"""What the page leaves to its reader."""


def test_the_consumers_of_the_page(user: User) -> None:
    user.have(8)
    expected = sum(map(len, user.stream.event_logs().values()))
    consumer = read_file("docs/consumers.md", "Consumers", "open_stream")
    names = {BROKER: user.stream.bootstrap, TOPIC: user.stream.topic}
    own = textwrap.dedent(CONSUMER).replace("EXPECTED", str(expected))
    assert user.run_python(own + fill(consumer, names)) == f"{expected}\n"

    (user.shell.folder / "client.properties").write_text("security.protocol=PLAINTEXT\n")
    following = read_script("docs/consumers.md", "Consumers", "fold_consumer.py", without=("iceberg",))
    with user.shell.start(following, names) as running:
        wait_until(lambda: "block 8 " in running.output, "the table has the tip")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait() == 130, running.output
    iceberg = read_script("docs/consumers.md", "Consumers", "iceberg_table.py", without=("fold_consumer",))
    done = user.shell.run(iceberg, {BROKER: user.stream.bootstrap, "usdc_transfers": user.stream.topic})
    assert done.stdout.splitlines()[-1].startswith(f"{expected} event logs in")


AS_TABLE = """
    import sys
    from pyiceberg.catalog.sql import SqlCatalog
    from pyspark.sql import SparkSession
    place = f"{sys.path[0]}/{sys.argv[1]}"
    table = SqlCatalog("local", uri=f"sqlite:///{place}/catalog.db").load_table("chain.event_logs")
    spark = SparkSession.builder.master("local[1]").getOrCreate()
    spark.sql("CREATE DATABASE chain")
    spark.createDataFrame(table.scan().to_arrow()).write.saveAsTable("chain.event_logs")
    rows = spark.sql(sys.argv[2]).collect()
    print(*(list(row) for row in rows), sep="\\n")
"""
"""The consumer's table, as a table of a Spark without Iceberg."""


@pytest.mark.long
def test_a_table_of_transfers_is_queried_by_spark(user: User) -> None:
    user.shell.run("ethlogs produce --create-topics --abi erc20 --start 1 --blocks 8")
    (user.shell.folder / "client.properties").write_text("security.protocol=PLAINTEXT\n")
    names = {BROKER: user.stream.bootstrap, "usdc_transfers": user.stream.topic}
    iceberg = read_script("docs/consumers.md", "Consumers", "iceberg_table.py", without=("fold_consumer",))
    user.shell.run(iceberg, names)
    (user.shell.folder / "query.py").write_text(textwrap.dedent(AS_TABLE))
    query = read_file("docs/consumers.md", "Consumers", "SELECT").strip()
    done = user.shell.run(f"python query.py transfers {shlex.quote(query)}")
    events = [row.json["decoded"] for rows in user.stream.event_logs().values() for row in rows]
    transfers = [one["args"] for one in events if one is not None and one["event"] == "Transfer"]
    assert len(done.stdout.splitlines()) == len(transfers) > 0
    assert transfers[0]["from"] in done.stdout
