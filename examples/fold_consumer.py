"""A consumer that always holds the event logs of exactly one chain, also while the chain is reorganized.

Usage: python fold_consumer.py BOOTSTRAP_SERVERS TOPIC

It prints a line for each block record of the ledger: the block, and how many event logs there are with it.
The rule is in docs/data-on-kafka.md. A program that runs for long keeps its state in a database, under the
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
    """Each ledger record with the event logs, by block hash and log index, of the chain up to it."""
    ledger = open_partitions(bootstrap_servers, f"{topic}.ledger")
    numbers = ledger.partitions_for_topic(topic) or set()
    event_logs = {number: open_partitions(bootstrap_servers, topic, number) for number in numbers}
    live: EventLogs = {}
    for record in ledger:
        if record.key == b"claim" or record.value is None:
            continue
        block = json.loads(record.value)
        for number, (first, last) in block["offsets"].items():
            partition = TopicPartition(topic, int(number))
            for event_log in read(event_logs[int(number)], partition, first, last):
                apply(live, event_log, block["blockHash"])
        yield block, live


def apply(live: EventLogs, event_log: dict[str, Any], block_hash: str) -> None:
    """Add an event log of this block; take away what is retracted, whichever block it was of."""
    place = (event_log["blockHash"], event_log["logIndex"])
    if event_log["removed"]:
        live.pop(place, None)  # Retention may have deleted what is retracted.
    elif event_log["blockHash"] == block_hash:
        live[place] = event_log


def open_partitions(bootstrap_servers: str, topic: str, *numbers: int) -> KafkaConsumer:
    """A consumer of these partitions, or of all, from the beginning; iterating ends when nothing comes."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        consumer_timeout_ms=2000,
    )
    wanted = numbers or consumer.partitions_for_topic(topic) or ()
    consumer.assign([TopicPartition(topic, number) for number in wanted])
    consumer.seek_to_beginning()
    return consumer


def read(
    consumer: KafkaConsumer, partition: TopicPartition, first: int, last: int
) -> Iterator[dict[str, Any]]:
    """The event logs from the first to the last offset; those that retention has deleted are left out."""
    if consumer.position(partition) > first:
        consumer.seek(partition, first)
    while consumer.position(partition) <= last:
        # None where nothing came for a while: the transaction's marker is late in this partition.
        record = next(consumer, None)
        if record is not None and first <= record.offset <= last:
            yield json.loads(record.value)


if __name__ == "__main__":
    for tip, found in fold(*sys.argv[1:3]):
        print(f"block {tip['blockNumber']} {tip['blockHash']}: {len(found)} event logs")
