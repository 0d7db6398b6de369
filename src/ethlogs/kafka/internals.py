"""The private parts of kafka-python that ethlogs uses; a test fails where the library changes them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords

from ethlogs.event_log import Record
from ethlogs.kafka.record_batch import read_records

# The logger that has why a connection failed. Calls only say that their time is over.
CONNECTION_LOGGER = "kafka.net.manager"


def keep_what_came_before_the_end(transport: Any) -> None:
    """Let a class of connections hand on what it has read where it meets the connection's end with it.

    The library drops it. A broker sends why it refuses a login and closes the connection: a slow client reads
    both at once, and would say that the connection was closed. The next read meets the end again.
    """
    receive = transport._sock_recv

    def receive_all(connection: Any) -> tuple[bytes, BaseException | None]:
        data, error = receive(connection)
        return data, None if data else error

    transport._sock_recv = receive_all


for _transport in (KafkaTCPTransport, KafkaSSLTransport):
    keep_what_came_before_the_end(_transport)


class NetworkSide:
    """Makes the network side of a client, and can close it where the client itself was not made.

    A constructor that reaches no broker raises, and leaves a thread and three descriptors to nobody.
    """

    def __init__(self) -> None:
        self._made: list[Any] = []

    def __call__(self, **config: Any) -> Any:
        """Make it as the library does, which takes this as its setting ``kafka_client``."""
        made = KafkaConsumer.DEFAULT_CONFIG["kafka_client"](**config)
        self._made.append(made)
        return made

    def close(self) -> None:
        """End the thread, and close connections and selector."""
        for made in self._made:
            made.close()


class Acknowledged(NamedTuple):
    """The one thing that is asked of an acknowledged record."""

    offset: int


class RecordPlace:
    """A record's place in a batch; it answers as the library's future of a record does."""

    __slots__ = ("_batch", "_index")

    def __init__(self, batch: Any, index: int) -> None:
        self._batch = batch
        self._index = index

    def rebind(self, batch: Any, index: int) -> None:
        """Take a place in another batch, of which the library has made two where a broker found it too large.

        The first batch's future never ends: whoever waits for it is woken to wait for the next one.
        """
        left, self._batch, self._index = self._batch, batch, index
        left._latch.set()

    def succeeded(self) -> bool:
        """Return whether the brokers have the record."""
        return self._batch.is_done and self.exception is None

    @property
    def exception(self) -> BaseException | None:
        """Why the record was refused, as far as that is known."""
        batch = self._batch
        if not batch.is_done:
            return None
        error: BaseException | None = batch.exception
        refusal = None if error else batch.value[2]
        if refusal is not None:
            error = refusal(self._index)
        return error

    @property
    def value(self) -> Acknowledged:
        """Where the record is."""
        return Acknowledged(self._batch.value[0] + self._index)


def _encode_varint(number: int) -> bytes:
    """A signed integer as the record format has it: zigzag, seven bits a byte."""
    rest = number << 1 if number >= 0 else (-number << 1) - 1
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


_VARINTS = [_encode_varint(number) for number in range(16_384)]


def append_records(
    producer: KafkaProducer, partition: TopicPartition, records: Sequence[Record]
) -> list[Any]:
    """Hand records to a producer, in their order; returns a future, or a place in its batch, for each.

    The library's own way costs seven times as much: for each record it takes locks, checks types, fills a
    buffer, and makes a future with a lock and two callbacks, which its thread calls one by one. Here as many
    as fit are written into the open batch in Kafka's format. The library begins each further batch with one
    record.
    """
    accumulator = producer._accumulator
    places: list[Any] = []
    while len(places) < len(records):
        with accumulator._tp_lock(partition):
            batches = accumulator._batches.get(partition)
            if batches:
                places += _fill(batches[-1], records, len(places))
        if len(places) < len(records):
            key, value = records[len(places)]
            future, is_full, is_new, _ = accumulator.append(partition, None, key, value, [])
            places.append(future)
            if is_full or is_new:
                producer._sender.wakeup()
    return places


def _fill(batch: Any, records: Sequence[Record], first: int) -> list[RecordPlace]:
    """Write records from ``first`` on into an open batch, as many as it has room for."""
    builder = batch.records._builder
    if builder is None or builder._first_timestamp is None:
        return []
    timestamp = max(int(time.time() * 1000), builder._max_timestamp)
    attributes = b"\0" + _encode_varint(timestamp - builder._first_timestamp)
    room_bytes = builder._batch_size - len(builder._buffer)
    offset, future, largest = batch.records._next_offset, batch.produce_future, batch.max_record_size
    table, small = _VARINTS, len(_VARINTS)
    fixed = len(attributes) + 1  # and no headers
    written: list[bytes] = []
    places: list[RecordPlace] = []
    for number in range(first, len(records)):
        key, value = records[number]
        size, key_size = len(value), len(key)
        place = table[offset] if offset < small else _encode_varint(offset)
        key_prefix = table[key_size] if key_size < small else _encode_varint(key_size)
        value_prefix = table[size] if size < small else _encode_varint(size)
        size += fixed + len(place) + len(key_prefix) + key_size + len(value_prefix)
        prefix = table[size] if size < small else _encode_varint(size)
        size += len(prefix)
        room_bytes -= size
        if room_bytes < 0:
            break
        written += (prefix, attributes, place, key_prefix, key, value_prefix, value, b"\0")
        if size > largest:
            largest = size
        places.append(RecordPlace(future, offset))
        offset += 1
    if places:
        builder._buffer += b"".join(written)
        builder._max_timestamp = timestamp
        builder._num_records += len(places)
        builder._last_offset = offset - 1
        batch.records._next_offset = offset
        batch.max_record_size = largest
        batch.last_append = time.monotonic()
        batch._record_futures += places
    return places


def join_transaction(producer: KafkaProducer, partition: TopicPartition) -> None:
    """Let the next request that joins partitions to the open transaction join this one, too.

    The library joins each partition with its first record, by one more request where that comes later.
    """
    producer._transaction_manager.maybe_add_partition_to_transaction(partition)


def send_joins(producer: KafkaProducer) -> None:
    """Wake the library's thread, which sends the request of :func:`join_transaction`."""
    producer._sender.wakeup()


def find_unacknowledged(places: Iterable[Any]) -> Any | None:
    """Return the first record that the brokers do not have; those of one batch are asked once."""
    have: set[Any] = set()
    for place in places:
        batch = place._batch if type(place) is RecordPlace else None
        if batch in have:
            continue
        if not place.succeeded():
            return place
        if batch is not None and batch.value[2] is None:
            have.add(batch)
    return None


def transaction_error(producer: KafkaProducer) -> BaseException | None:
    """Return what ended a producer's transactions: later calls have no more than its text in theirs."""
    error = producer._transaction_manager.last_error
    return error if isinstance(error, BaseException) else None


def end_transaction(producer: KafkaProducer, seconds: float, *, commits: bool) -> bool:
    """Commit or abort as the library does, and return whether the coordinator answered in time.

    The library's own calls wait without a limit, and for ever where the producer is closed meanwhile.

    Raises
    ------
    kafka.errors.KafkaError
        Why the producer cannot be used any more.
    """
    manager = producer._transaction_manager
    result = manager.begin_commit() if commits else manager.begin_abort()
    producer._sender.wakeup()
    return bool(result.wait(timeout_ms=seconds * 1000))


def end_sender(producer: KafkaProducer) -> None:
    """End the producer's thread.

    ``close`` raises before it does that where records are still unsent, and the thread would keep trying to
    send them.
    """
    producer._sender.force_close()


def read_whole_batches(consumer: KafkaConsumer) -> None:
    """Let a consumer give each batch as one record, whose value is the list of the batch's records.

    The library's own way costs four times as much: each number that a record has is read by a call, and a
    record becomes three objects. What the library does with a batch as a whole stays: its checksum, its
    codec, and whether its transaction was aborted. ``max_poll_records`` counts batches then. The first batch
    may begin before the offset that was asked for.
    """
    consumer._fetcher.PartitionRecords = _WholePartitionRecords


class _WholePartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # the library has no types
    def __init__(self, fetch_offset: int, partition: TopicPartition, records: Any, **more: Any) -> None:
        super().__init__(fetch_offset, partition, _WholeBatches(records._buffer), **more)


class _WholeBatches(MemoryRecords):  # type: ignore[misc]  # the library has no types
    __slots__ = ()

    def next_batch(self) -> Any:
        batch = super().next_batch()
        if type(batch) is DefaultRecordBatch and not batch.is_control_batch:
            batch.__class__ = _WholeBatch
        return batch


class _WholeBatch(DefaultRecordBatch):  # type: ignore[misc]  # the library has no types
    __slots__ = ()

    def __iter__(self) -> Iterator[DefaultRecord]:
        self._maybe_uncompress()
        data = bytes(self._buffer)
        try:
            records = read_records(data, self._pos, self._num_records, self.base_offset)
        except (ValueError, IndexError) as exc:
            raise CorruptRecordError(f"the batch at offset {self.base_offset} is malformed: {exc}") from exc
        if records:
            yield DefaultRecord(len(data), records[-1].offset, self.max_timestamp, 0, None, records, [])


def take_up_resumed(consumer: KafkaConsumer) -> None:
    """Let the records of partitions that are not paused any more come.

    kafka-python keeps what it had fetched of a paused partition aside, and takes it up again only where it
    works on no other partition's records: of records that are used up it does not say so.
    """
    fetcher = consumer._fetcher
    if not fetcher._next_partition_records:
        fetcher._next_partition_records = None


def topic_id_of(consumer: KafkaConsumer, topic: str) -> str:
    """Return the topic's id as the brokers gave it last; empty where they have none, or send zeros."""
    topic_id: UUID | None = consumer._cluster.topic_id(topic)
    return str(topic_id) if topic_id is not None and topic_id.int else ""


def has_metadata_since(producer: KafkaProducer, monotonic_seconds: float) -> bool:
    """Return whether a broker has answered with metadata after a moment of ``time.monotonic``."""
    return bool(producer._metadata._last_successful_refresh_ms > monotonic_seconds * 1000)
