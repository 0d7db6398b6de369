"""A consumer that always holds the event logs of exactly one chain, also while the chain is reorganized.

Usage: python fold_consumer.py BOOTSTRAP_SERVERS TOPIC

It prints a line for each record of the ledger: the tip, and how many event logs there are up to it. The
rule is in docs/data-on-kafka.md. A program that runs for long keeps its state in a database, under the
same keys, and forgets what is finalized.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition

EventLogs = dict[tuple[str, int], dict[str, Any]]


def fold(bootstrap_servers: str, topic: str) -> Iterator[tuple[dict[str, Any], EventLogs]]:
    """Each ledger record with the event logs, by block hash and log index, of the chain that it ends."""
    ledger = open_partitions(bootstrap_servers, TopicPartition(f"{topic}.blocks", 0))
    partitions = ledger.partitions_for_topic(topic) or set()
    event_logs = {
        number: open_partitions(bootstrap_servers, TopicPartition(topic, number)) for number in partitions
    }
    live: EventLogs = {}
    for record in ledger:
        if record.key == b"claim" or record.value is None:
            continue
        block = json.loads(record.value)
        for partition, last in block["offsets"].items():
            apply(live, event_logs[int(partition)], TopicPartition(topic, int(partition)), last)
        yield block, live


def open_partitions(bootstrap_servers: str, partition: TopicPartition) -> KafkaConsumer:
    """A consumer of one partition from its beginning, which ends when nothing came for a while."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers, isolation_level="read_committed", consumer_timeout_ms=2000
    )
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    return consumer


def apply(live: EventLogs, consumer: KafkaConsumer, partition: TopicPartition, last: int) -> None:
    """Add or take away every event log up to and with the offset ``last``."""
    while consumer.position(partition) <= last:
        record = next(consumer)
        event_log = json.loads(record.value)
        place = (event_log["blockHash"], event_log["logIndex"])
        if event_log["removed"]:
            del live[place]
        else:
            live[place] = event_log


if __name__ == "__main__":
    for tip, found in fold(*sys.argv[1:3]):
        print(f"block {tip['blockNumber']} {tip['blockHash']}: {len(found)} event logs")
