"""Reading the ends of ledgers again and again, over connections that are kept.

One request says where all partitions of all ledgers end, and a partition whose end has not moved is neither
asked about nor read again: a stream that stands still costs next to nothing. READ and DESCRIBE on the ledgers
are all the rights that are needed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kafka import KafkaConsumer, TopicPartition

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import EthlogsError, KafkaUnavailableError, LedgerError, TopicError
from ethlogs.kafka.errors import mapped_errors
from ethlogs.kafka.reading import fetch_begins, fetch_ends_of, open_consumer
from ethlogs.ledger import LEAST_PARTITIONS
from ethlogs.metrics.stream_state import StreamState
from ethlogs.settings import KafkaSettings, StreamSettings
from ethlogs.stream.tail import Tail, read_end

Look = StreamState | EthlogsError
"""A stream, or why it cannot be read."""
Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True)
class _Consumers:
    committed: KafkaConsumer
    uncommitted: KafkaConsumer


@dataclass(frozen=True)
class _Read:
    """What was read of a ledger before."""

    begins: dict[int, int] = field(default_factory=dict)
    tails: dict[int, Tail] = field(default_factory=dict)


class StreamReader:
    """Looks at streams of one Kafka cluster; used by one thread."""

    def __init__(self, kafka: KafkaSettings, streams: tuple[StreamSettings, ...]) -> None:
        self._kafka = kafka
        self._streams = streams
        self._connections = contextlib.ExitStack()
        self._consumers: _Consumers | None = None
        self._read: dict[str, _Read] = {}
        self._tracked: set[str] = set()
        """The ledgers whose metadata the consumer keeps."""

    def look(self) -> Mapping[str, Look]:
        """Read every stream; one that cannot be read does not hide the others.

        Raises
        ------
        EthlogsError
            When Kafka itself cannot be used now: the next look connects again.
        """
        try:
            return self._look(self._connect())
        except EthlogsError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._consumers = None
        self._tracked = set()
        # kafka-python may raise while it closes what a broker has left.
        with contextlib.suppress(EthlogsError):
            self._connections.close()

    def _connect(self) -> _Consumers:
        if self._consumers is None:
            self._consumers = _Consumers(
                self._connections.enter_context(open_consumer(self._kafka)),
                self._connections.enter_context(open_consumer(self._kafka, "read_uncommitted")),
            )
        return self._consumers

    def _look(self, consumers: _Consumers) -> dict[str, Look]:
        found: dict[str, Look] = {}
        partitions: dict[str, list[TopicPartition]] = {}
        for stream in self._streams:
            try:
                partitions[stream.topic] = self._find_partitions(stream.ledger_topic, consumers.committed)
            except EthlogsError as exc:
                found[stream.topic] = exc
        wanted = [partition for one in partitions.values() for partition in one]
        with mapped_errors("reading where the ledgers end"):
            consumers = self._track(consumers, wanted)
            # In this order: what is committed in between must not look like an open transaction.
            high_watermarks = fetch_ends_of(consumers.uncommitted, wanted)
            ends = self._fetch_ends(consumers.committed, high_watermarks)
        for topic, ledger in partitions.items():
            found[topic] = self._look_at(topic, ledger, consumers.committed, ends, high_watermarks)
        return {stream.topic: found[stream.topic] for stream in self._streams}

    def _track(self, consumers: _Consumers, partitions: list[TopicPartition]) -> _Consumers:
        """Let the consumer keep the metadata of all ledgers, and of no others; returns those to use.

        kafka-python keeps those of the topics that it was assigned last, and asks for the metadata of all
        topics of the cluster where another one is looked for. What is no longer there it keeps asking for.
        """
        ledgers = {partition.topic for partition in partitions}
        if not self._tracked <= ledgers:
            self.close()
            consumers = self._connect()
        if ledgers != self._tracked:
            consumers.committed.assign(partitions)
            consumers.committed.assign([])
            self._tracked = ledgers
        return consumers

    def _fetch_ends(self, consumer: KafkaConsumer, high_watermarks: Offsets) -> Offsets:
        """Return where each partition ends for readers of committed records.

        What ends where a reader has been before has neither new records nor an open transaction.
        """
        moved = [one for one, end in high_watermarks.items() if end != self._known_end(one)]
        return {**high_watermarks, **(fetch_ends_of(consumer, moved) if moved else {})}

    def _known_end(self, partition: TopicPartition) -> int | None:
        tail = self._read.get(partition.topic, _Read()).tails.get(partition.partition)
        return None if tail is None else tail.end_offset

    @staticmethod
    def _find_partitions(ledger: str, consumer: KafkaConsumer) -> list[TopicPartition]:
        with mapped_errors(f"looking for the ledger {ledger}"):
            numbers = sorted(consumer.partitions_for_topic(ledger) or ())
        if not numbers:
            raise TopicError(
                f"there is no stream: the ledger {ledger} does not exist, or this principal may not see it",
                hint="is --topic right, and has this principal READ and DESCRIBE on the ledger?",
            )
        if len(numbers) < LEAST_PARTITIONS:
            raise LedgerError(
                f"the topic {ledger} has {len(numbers)} partition: it is not a ledger",
                hint="is --topic that of a stream? Another program may have made its ledger",
            )
        return [TopicPartition(ledger, number) for number in numbers]

    def _look_at(
        self,
        topic: str,
        partitions: list[TopicPartition],
        consumer: KafkaConsumer,
        ends: Offsets,
        high_watermarks: Offsets,
    ) -> Look:
        ledger = partitions[0].topic
        before = self._read.pop(ledger, _Read())
        try:
            with mapped_errors(f"reading the ledger {ledger}"):
                tails = self._read_tails(before, partitions, consumer, ends)
        except KafkaUnavailableError:
            raise
        except EthlogsError as exc:
            return exc
        for partition in partitions:
            stable = ends[partition] >= high_watermarks[partition]
            tails[partition.partition] = replace(tails[partition.partition], stable=stable)
        self._read[ledger] = _Read(before.begins, tails)
        return StreamState(topic, LedgerEnds(tails))

    @staticmethod
    def _read_tails(
        before: _Read, partitions: Iterable[TopicPartition], consumer: KafkaConsumer, ends: Offsets
    ) -> dict[int, Tail]:
        tails = {
            partition.partition: before.tails[partition.partition]
            for partition in partitions
            if partition.partition in before.tails
            and before.tails[partition.partition].end_offset == ends[partition]
        }
        moved = [partition for partition in partitions if partition.partition not in tails]
        new = [partition.partition for partition in moved if partition.partition not in before.begins]
        if new:
            before.begins.update(fetch_begins(consumer, moved[0].topic, new))
        for partition in moved:
            begin = before.begins[partition.partition]
            tails[partition.partition] = read_end(consumer, partition, begin, ends[partition], stable=True)
        if moved:
            # Nothing is fetched ahead until the next look.
            consumer.assign([])
        return tails
