"""Reading the ends of ledgers again and again, over connections that are kept.

A partition whose end has not moved is not read again: one request for each ledger is all that a stream costs
that stands still. READ and DESCRIBE on the ledgers are all the rights that are needed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kafka import KafkaConsumer, TopicPartition

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.errors import EthlogsError, KafkaUnavailableError, LedgerError, TopicError
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.errors import mapped_errors
from ethlogs.kafka.reading import fetch_begins, fetch_ends, open_consumer
from ethlogs.metrics.stream_state import StreamState
from ethlogs.settings import KafkaSettings, StreamSettings
from ethlogs.stream.tail import Tail, read_end

Look = StreamState | EthlogsError
"""A stream, or why it cannot be read."""


@dataclass(frozen=True)
class _Consumers:
    committed: KafkaConsumer
    uncommitted: KafkaConsumer


@dataclass
class StreamReader:
    """Looks at streams of one Kafka cluster; used by one thread."""

    kafka: KafkaSettings
    streams: tuple[StreamSettings, ...]
    _connections: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _consumers: _Consumers | None = None
    _tails: dict[str, dict[int, Tail]] = field(default_factory=dict)

    def look(self) -> Mapping[str, Look]:
        """Read every stream; one that cannot be read does not hide the others.

        Raises
        ------
        EthlogsError
            When Kafka itself cannot be used now: the next look connects again.
        """
        try:
            consumers = self._connect()
            return {stream.topic: self._look_at(stream, consumers) for stream in self.streams}
        except EthlogsError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._consumers = None
        # kafka-python may raise while it closes what a broker has left.
        with contextlib.suppress(EthlogsError):
            self._connections.close()

    def _connect(self) -> _Consumers:
        if self._consumers is None:
            self._consumers = _Consumers(
                self._connections.enter_context(open_consumer(self.kafka)),
                self._connections.enter_context(open_consumer(self.kafka, "read_uncommitted")),
            )
        return self._consumers

    def _look_at(self, stream: StreamSettings, consumers: _Consumers) -> Look:
        try:
            with mapped_errors(f"reading the ledger {stream.ledger_topic}"):
                return StreamState(stream.topic, LedgerEnds(self._read_tails(stream.ledger_topic, consumers)))
        except KafkaUnavailableError:
            raise
        except EthlogsError as exc:
            self._tails.pop(stream.ledger_topic, None)
            return exc

    def _read_tails(self, ledger: str, consumers: _Consumers) -> dict[int, Tail]:
        committed = consumers.committed
        numbers = sorted(committed.partitions_for_topic(ledger) or ())
        if not numbers:
            raise TopicError(
                f"there is no stream: the ledger {ledger} does not exist, or this principal may not see it",
                hint="is --topic right, and has this principal READ and DESCRIBE on the ledger?",
            )
        if numbers != list(range(len(numbers))) or len(numbers) < FOLLOWER_PARTITION + 2:
            raise LedgerError(f"the topic {ledger} has {len(numbers)} partitions: it is not a ledger")
        high_watermarks = fetch_ends(consumers.uncommitted, ledger, numbers)
        ends = fetch_ends(committed, ledger, numbers)
        before = self._tails.get(ledger, {})
        tails = {number: tail for number, tail in before.items() if tail.end_offset == ends.get(number)}
        tails |= self._read_moved(committed, ledger, [n for n in numbers if n not in tails], ends)
        self._tails[ledger] = {
            number: replace(tails[number], stable=ends[number] >= high_watermarks[number])
            for number in numbers
        }
        return self._tails[ledger]

    @staticmethod
    def _read_moved(
        consumer: KafkaConsumer, ledger: str, numbers: list[int], ends: Mapping[int, int]
    ) -> dict[int, Tail]:
        if not numbers:
            return {}
        begins = fetch_begins(consumer, ledger, numbers)
        try:
            return {
                number: read_end(
                    consumer, TopicPartition(ledger, number), begins[number], ends[number], stable=True
                )
                for number in numbers
            }
        finally:
            # Nothing is fetched ahead until the next look.
            consumer.assign([])
