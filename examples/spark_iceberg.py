"""Keep an Iceberg table with the event logs of exactly one chain, by Spark Structured Streaming.

Only the ledger is streamed. For each batch of it, exactly the offsets that it names are read from the
event-log topic, and merged in one commit. A batch that is repeated changes nothing, so each event log counts
exactly once, whatever kills this program: run it again, and it continues where it was. Where retention has
deleted records that are needed, Spark ends the batch with an error ("some data may have been lost").

    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.1,\
    org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0 spark_iceberg.py BOOTSTRAP_SERVERS TOPIC FOLDER
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documentation has it

TABLE = "local.chain.event_logs"
FIELDS = (
    "address STRING, topics ARRAY<STRING>, data STRING, blockNumber BIGINT, blockHash STRING,"
    " blockTimestamp BIGINT, transactionHash STRING, transactionIndex BIGINT, logIndex BIGINT"
)
DECODED = "event STRING, args MAP<STRING, STRING>"
"""Of decoded streams: the event's name, and the values of its parameters by their names."""
COLUMNS = ", ".join(field.split()[0] for field in f"{FIELDS}, event, args".split(", "))
MERGE = f"""
MERGE INTO {TABLE} t USING changes c ON t.blockHash = c.blockHash AND t.logIndex = c.logIndex
WHEN MATCHED AND c.removed THEN DELETE
WHEN NOT MATCHED AND NOT c.removed THEN INSERT ({COLUMNS}) VALUES ({COLUMNS})
"""  # noqa: S608 - this file's own names

Ends = dict[int, int]


def build_session(folder: str) -> SparkSession:
    """Start Spark with an Iceberg catalog in a folder."""
    catalog = "spark.sql.catalog.local"
    settings: dict[str, bool | float | int | str | None] = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "hadoop",
        f"{catalog}.warehouse": f"{folder}/warehouse",
    }
    return SparkSession.builder.config(map=settings).getOrCreate()


def find_ends(blocks: list[tuple[int, dict[str, Any]]]) -> tuple[Ends, Ends, Ends]:
    """Find where the blocks begin and end in each partition, and where the follower's end."""
    first: Ends = {}
    last: Ends = defaultdict(lambda: -1)
    followers: Ends = defaultdict(lambda: -1)
    for ledger_partition, block in blocks:
        for partition, (begin, end) in ((int(p), span) for p, span in block["offsets"].items()):
            first[partition] = min(begin, first.get(partition, begin))
            last[partition] = max(end, last[partition])
            if ledger_partition == 0:
                followers[partition] = max(end, followers[partition])
    return first, last, followers


def merge_batch(ledger: DataFrame, options: dict[str, str], topic: str) -> None:
    """Merge the event logs of a batch of ledger records."""
    spark = ledger.sparkSession
    rows = ledger.where("key != 'claim' AND value IS NOT NULL").select("partition", "value").collect()
    blocks = [(row.partition, json.loads(row.value)) for row in rows]
    first, last, followers = find_ends(blocks)
    if not first:
        return
    kafka = spark.read.format("kafka").options(
        **options,
        assign=json.dumps({topic: sorted(first)}),
        startingOffsets=json.dumps({topic: first}),
        endingOffsets=json.dumps({topic: {partition: end + 1 for partition, end in last.items()}}),
    )
    log = F.from_json(F.col("value").cast("string"), f"{FIELDS}, decoded STRUCT<{DECODED}>, removed BOOLEAN")
    logs = kafka.load().select("partition", "offset", log.alias("log"))
    ends = spark.createDataFrame([(p, followers[p]) for p in first], "partition INT, followersEnd BIGINT")
    hashes = spark.createDataFrame([(block["blockHash"],) for _, block in blocks], "hash STRING").distinct()
    counted = (
        logs.join(F.broadcast(ends), "partition")
        .join(F.broadcast(hashes), F.col("hash") == F.col("log.blockHash"), "left")
        # A retraction counts where a record of the follower reaches; an event log with its block's record.
        .where("IF(log.removed, offset <= followersEnd, hash IS NOT NULL)")
        .groupBy("log.blockHash", "log.logIndex")
        .agg(F.max_by("log", "offset").alias("newest"))
    )
    counted.select("newest.*", "newest.decoded.*").createOrReplaceTempView("changes")
    spark.sql(MERGE)


def read_properties(path: Path | None) -> dict[str, str]:
    """Read a client.properties file, as Kafka's own tools take it, as options of Spark's reader."""
    lines = [line.strip() for line in path.read_text().splitlines()] if path else []
    pairs = [line.partition("=") for line in lines if line and not line.startswith(("#", "!"))]
    return {f"kafka.{key.strip()}": value.strip() for key, _, value in pairs}


def main(bootstrap_servers: str, topic: str, folder: str, command_config: Path | None) -> None:
    """Bring the table up to the end of the stream."""
    spark = build_session(folder)
    spark.sql(f"CREATE TABLE IF NOT EXISTS {TABLE} ({FIELDS}, {DECODED}) USING iceberg")
    options = {
        **read_properties(command_config),
        "kafka.bootstrap.servers": bootstrap_servers,
        "kafka.isolation.level": "read_committed",
    }
    ledger = spark.readStream.format("kafka").options(
        **options, subscribe=f"{topic}.ledger", startingOffsets="earliest", maxOffsetsPerTrigger="2000"
    )
    query = (
        ledger.load()
        .writeStream.foreachBatch(lambda batch, _number: merge_batch(batch, options, topic))
        .option("checkpointLocation", f"{folder}/checkpoint")
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    print(f"{spark.table(TABLE).count()} event logs in {folder}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bootstrap_servers", help="Kafka brokers, HOST:PORT,…")
    parser.add_argument("topic", help="event-log topic of the stream")
    parser.add_argument("folder", help="folder of the table and of Spark's checkpoint")
    parser.add_argument("--command-config", type=Path, help="client.properties file with Kafka's security")
    main(**vars(parser.parse_args()))
