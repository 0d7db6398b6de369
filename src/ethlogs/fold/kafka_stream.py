"""The steps of a stream on Kafka."""

from __future__ import annotations

import heapq
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from ethlogs.errors import KafkaUnavailableError, LedgerError, TopicError
from ethlogs.fold.batches import take_batch
from ethlogs.fold.folding import EventLogRow, Step, fold_step
from ethlogs.fold.position import OTHER_STREAM_HINT, Position
from ethlogs.fold.rows import LedgerRow
from ethlogs.fold.strays import StrayFilter
from ethlogs.kafka.client_config import check_client_settings, consumer_config
from ethlogs.kafka.command_config import read_client_settings
from ethlogs.kafka.errors import connect, mapped_errors
from ethlogs.kafka.internals import take_up_resumed, topic_id_of
from ethlogs.kafka.reading import READ_SECONDS, STANDS_STILL_HINT, fetch_begins, fetch_ends
from ethlogs.kafka.servers import check_servers
from ethlogs.kafka.spelling import PROTOCOL, PROTOCOLS
from ethlogs.kafka.stores import StoreFolder
from ethlogs.kafka.tls_files import check_tls_files
from ethlogs.ledger import Span
from ethlogs.settings import KafkaSettings

_POLL_MS = 500
_ENOUGH_ROWS = 2_000
"""So many records of the ledger are sorted by their time at once."""
_MOST_WAITING = 100_000
"""Far more blocks than any chain leaves without finality for long; some 100 MB."""


@contextmanager
def open_stream(
    bootstrap_servers: str | Sequence[str], topic: str, command_config: str | Path | None = None
) -> Iterator[StreamReader]:
    """Open a stream, to be read under read_committed.

    ``bootstrap_servers`` is HOST:PORT,HOST:PORT or a list, as in kafka-python. ``command_config`` is a
    client.properties file as Kafka's own tools take it. For Kerberos, have a ticket (kinit), or set
    KRB5_CLIENT_KTNAME to the keytab.

    Raises
    ------
    SettingsError
        When the file has what cannot be honoured, or a broker is not HOST:PORT.
    TopicError
        When the topic, or its ledger, does not exist.
    """
    with ExitStack() as open_things:
        folder = StoreFolder()
        open_things.callback(folder.close)
        path = None if command_config is None else Path(command_config)
        client = read_client_settings(path, (), folder).client
        check_client_settings(client)
        check_tls_files(client)
        brokers = bootstrap_servers if isinstance(bootstrap_servers, str) else ",".join(bootstrap_servers)
        servers = check_servers(brokers, dict(client).get(PROTOCOL, PROTOCOLS[0]))
        settings = KafkaSettings(servers, client)
        # Not by open_consumer: it would take an OSError of the caller's own work for one of Kafka.
        consumers = [_connect(settings) for _ in range(2)]
        for consumer in consumers:
            open_things.callback(consumer.close)
        with mapped_errors(f"looking up {topic}"):
            reader = StreamReader(
                _Ledger(consumers[0], f"{topic}.ledger", brokers, StrayFilter(consumers[1])),
                _EventLogs(consumers[1], topic, brokers),
            )
        open_things.callback(reader.close)
        yield reader


def _connect(settings: KafkaSettings) -> KafkaConsumer:
    return connect(KafkaConsumer, consumer_config(settings, "read_committed"), settings)


class StreamReader:
    """Reads a stream step by step."""

    def __init__(self, ledger: _Ledger, event_logs: _EventLogs) -> None:
        self._ledger = ledger
        self._event_logs = event_logs
        self._is_open = True

    def close(self) -> None:
        """Let no more steps be read: ``open_stream`` closes the connections."""
        self._is_open = False

    def steps(
        self,
        position: Position,
        *,
        first_block: int = 0,
        finalized_only: bool = False,
        follow: bool = False,
    ) -> Iterator[Step]:
        """Yield what happens after ``position``; store each step's position together with its result.

        Without ``follow`` it ends at what is on the ledger now. ``first_block`` leaves out the event logs of
        the blocks below it. With ``finalized_only`` nothing is ever removed: a block comes when a later
        record of the ledger has it as finalized.

        Raises
        ------
        TypeError
            When ``position`` is not a Position.
        RuntimeError
            When the stream is closed.
        TopicError
            When retention has deleted what is needed.
        LedgerError
            When the position is not one of this stream.
        KafkaUnavailableError
            When Kafka does not answer; begin again at the stored position.
        """
        if not isinstance(position, Position):
            raise TypeError(
                f"position is a Position, not {type(position).__name__}: Position.from_json makes one of a"
                " stored text, or of None"
            )
        waiting: list[LedgerRow] = []
        self._check_open()
        with mapped_errors("reading the stream"):
            for rows in self._ledger.read(position, follow=follow):
                position = self._ledger.own(position)
                waiting += rows
                while True:
                    taken, waiting = take_batch(waiting, finalized_only=finalized_only)
                    if not taken:
                        break
                    step = fold_step(position, taken, self._event_logs.read, first_block)
                    position = step.position
                    yield step
                    self._check_open()
                _check_finality(waiting)

    def _check_open(self) -> None:
        if not self._is_open:
            raise RuntimeError("the stream is closed: read its steps inside of the with block of open_stream")


def _check_finality(waiting: Sequence[LedgerRow]) -> None:
    if len(waiting) > _MOST_WAITING:
        raise LedgerError(
            f"{len(waiting)} records of the ledger wait for a later one that has their blocks as finalized",
            hint="the node that the stream follows does not have the tag finalized: read without"
            " finalized_only, or have the stream produced from a node that has it",
        )


class _Ledger:
    """The ledger's records."""

    def __init__(
        self, consumer: KafkaConsumer, topic: str, bootstrap_servers: str, strays: StrayFilter
    ) -> None:
        self._consumer = consumer
        self._topic = topic
        self._strays = strays
        self._partitions = _require_partitions(consumer, topic, bootstrap_servers)

    def own(self, position: Position) -> Position:
        """Return the position as one of this ledger, whose topic may have been recreated meanwhile.

        Raises
        ------
        LedgerError
            When it is the position of another ledger.
        """
        return position.of_ledger(self._topic, topic_id_of(self._consumer, self._topic))

    def read(self, position: Position, *, follow: bool) -> Iterator[list[LedgerRow]]:
        """Yield records after a position, those of several partitions by the time of their producing."""
        self.own(position)
        begins = fetch_begins(self._consumer, self._topic, self._partitions)
        ends = fetch_ends(self._consumer, self._topic, self._partitions)
        self._consumer.assign([TopicPartition(self._topic, number) for number in self._partitions])
        for number in self._partitions:
            start = position.offsets.get(number, 0)
            if start > ends[number]:
                raise LedgerError(
                    f"the position is at offset {start} of {self._topic}-{number}, which ends at"
                    f" {ends[number]}",
                    hint=OTHER_STREAM_HINT,
                )
            # Compaction never moves the records that count; before a partition's first one there is none.
            self._consumer.seek(TopicPartition(self._topic, number), max(start, begins[number]))
        deadline = time.monotonic() + READ_SECONDS
        while True:
            rows = self._poll()
            yield self._strays.leave_out(rows, self._topic)
            if rows:
                deadline = time.monotonic() + READ_SECONDS
            if not follow and all(self._position(number) >= end for number, end in ends.items()):
                return
            if not follow and time.monotonic() > deadline:
                raise KafkaUnavailableError(f"reading {self._topic} stands still", hint=STANDS_STILL_HINT)

    def _poll(self) -> list[LedgerRow]:
        found: defaultdict[int, list[tuple[int, LedgerRow]]] = defaultdict(list)
        count, timeout_ms = 0, _POLL_MS
        while count < _ENOUGH_ROWS:
            polled = self._consumer.poll(timeout_ms=timeout_ms)
            if not polled:
                break
            for partition, records in polled.items():
                count += len(records)
                found[partition.partition] += [
                    (r.timestamp, LedgerRow(r.partition, r.offset, r.key, r.value)) for r in records
                ]
            timeout_ms = 0
        # Blocks that were produced at one time lie together on the event-log topic.
        merged = heapq.merge(*found.values(), key=lambda timed: timed[0])
        return [row for _, row in merged]

    def _position(self, number: int) -> int:
        return int(self._consumer.position(TopicPartition(self._topic, number)))


class _EventLogs:
    """The event-log topic's records, by their offsets."""

    def __init__(self, consumer: KafkaConsumer, topic: str, bootstrap_servers: str) -> None:
        self._consumer = consumer
        self._topic = topic
        _require_partitions(consumer, topic, bootstrap_servers)

    def read(self, spans: Mapping[int, Sequence[Span]]) -> Iterator[EventLogRow]:
        """Yield the records of some spans: see :data:`ethlogs.fold.folding.EventLogReader`."""
        left = {number: deque(wanted) for number, wanted in spans.items() if wanted}
        begins = fetch_begins(self._consumer, self._topic, left) if left else {}
        while left:
            # What retention has deleted is left out; whether it was needed, the ledger's counts say.
            now = {number: wanted.popleft() for number, wanted in left.items()}
            yield from self._read_one_span_each(
                {
                    number: (max(first, begins[number]), last)
                    for number, (first, last) in now.items()
                    if last >= begins[number]
                }
            )
            left = {number: wanted for number, wanted in left.items() if wanted}

    def _read_one_span_each(self, spans: Mapping[int, Span]) -> Iterator[EventLogRow]:
        partitions = {number: TopicPartition(self._topic, number) for number in spans}
        self._consumer.assign(list(partitions.values()))
        self._consumer.resume(*partitions.values())
        for number, (first, _) in spans.items():
            self._consumer.seek(partitions[number], first)
        reading = set(spans)
        deadline = time.monotonic() + READ_SECONDS
        while reading:
            take_up_resumed(self._consumer)
            before = {number: self._consumer.position(partitions[number]) for number in reading}
            for partition, records in self._consumer.poll(timeout_ms=100).items():
                last = spans[partition.partition][1]
                yield from (
                    EventLogRow(record.partition, record.offset, record.value or b"")
                    for record in records
                    if record.offset <= last
                )
            after = {number: self._consumer.position(partitions[number]) for number in reading}
            if after != before:
                deadline = time.monotonic() + READ_SECONDS
            elif time.monotonic() > deadline:
                number = min(reading)
                raise KafkaUnavailableError(
                    f"reading {self._topic}-{number} stopped at offset {after[number]}; the ledger names"
                    f" {spans[number][1]}",
                    hint="a transaction's end is not yet visible there, or Kafka does not answer. Begin again"
                    " at the stored position",
                )
            done = {number for number in reading if after[number] > spans[number][1]}
            self._consumer.pause(*(partitions[number] for number in done))
            reading -= done


def _require_partitions(consumer: KafkaConsumer, topic: str, bootstrap_servers: str) -> Iterable[int]:
    found = consumer.partitions_for_topic(topic)
    if not found:
        raise TopicError(
            f"there is no topic {topic} on {bootstrap_servers}",
            hint="name the event-log topic of a stream, whose ledger is that name + .ledger; where the topic"
            " exists, the right DESCRIBE on it is missing",
        )
    return sorted(found)
