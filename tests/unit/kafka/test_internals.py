"""The private parts of kafka-python that ethlogs uses are still there, and still mean the same."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import kafka.net.manager
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.cluster import ClusterMetadata
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, KafkaConnectionError, KafkaError, ProducerFencedError
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.producer.sender import Sender
from kafka.producer.transaction_manager import (
    ProducerIdAndEpoch,
    TransactionalRequestResult,
    TransactionManager,
    TransactionState,
)
from kafka.protocol.consumer import IsolationLevel
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from ethlogs.event_log import Record
from ethlogs.kafka import internals

PARTITION = TopicPartition("logs", 0)


class Accumulating:
    """A producer without a broker: what it was given is read back from its batches."""

    def __init__(self, batch_size: int, compression: int = 0) -> None:
        self._accumulator = RecordAccumulator(batch_size=batch_size, compression_attrs=compression)
        self._sender = SimpleNamespace(wakeup=lambda: None)

    @property
    def batches(self) -> Any:
        """The batches in their order."""
        return self._accumulator._batches[PARTITION]

    def append(self, records: list[Record]) -> list[Any]:
        """Hand records over."""
        return internals.append_records(cast(Any, self), PARTITION, records)

    def acknowledge(self) -> None:
        """Acknowledge every batch, from offset 100 on."""
        offset = 100
        for batch in self.batches:
            batch.done(base_offset=offset, timestamp_ms=-1)
            offset += batch.record_count

    def read_back(self) -> list[tuple[bytes, bytes]]:
        """Close the batches and read them as the library's own consumer does."""
        found = []
        for batch in self.batches:
            batch.records.close()
            for records in MemoryRecords(batch.records.buffer()):
                assert records.validate_crc()
                found += [(record.key, record.value) for record in records]
        return found


def records_of(sizes: Iterable[int]) -> list[Record]:
    return [Record(b"0x%040x" % number, b"v" * size) for number, size in enumerate(sizes)]


@pytest.mark.parametrize("batch_size", [1, 300, 20_000, 1 << 20])
@pytest.mark.parametrize("compression", [0, 3])
def test_records_are_in_batches_as_the_library_itself_would_write_them(
    monkeypatch: pytest.MonkeyPatch, batch_size: int, compression: int
) -> None:
    """All in one millisecond: a record takes more bytes the later it comes after its batch's first one."""
    monkeypatch.setattr(internals, "time", SimpleNamespace(time=lambda: 0.0, monotonic=lambda: 0.0))
    records = records_of([0, 1, 62, 63, 64, 65, 8_191, 8_192, 16_383, 16_384, 65_536, *range(200)])
    ours, library = (Accumulating(batch_size, compression) for _ in range(2))
    ours.append(records)
    for record in records:
        library._accumulator.append(PARTITION, 0, *record, [])
    assert [batch.record_count for batch in ours.batches] == [b.record_count for b in library.batches]
    assert [b.records.size_in_bytes() for b in ours.batches] == [
        b.records.size_in_bytes() for b in library.batches
    ] or compression
    assert ours.read_back() == library.read_back() == [tuple(record) for record in records]


def test_records_go_into_the_batch_that_is_open_and_the_library_is_asked_only_to_begin_another() -> None:
    producer = Accumulating(1_000)
    append, begun = producer._accumulator.append, []

    def counted(*arguments: Any) -> Any:
        begun.append(len(arguments))
        return append(*arguments)

    producer._accumulator.append = counted
    records = records_of([60] * 50)
    for number in range(0, 50, 5):
        producer.append(records[number : number + 5])
    assert producer.read_back() == [tuple(record) for record in records]
    assert len(begun) == len(producer.batches) > 1


def test_a_batch_has_room_for_more_records_than_a_varint_of_two_bytes_counts() -> None:
    records = records_of([1] * 20_000)
    producer = Accumulating(4 << 20)
    producer.append(records)
    assert producer.read_back() == [tuple(record) for record in records]


def test_each_record_knows_its_offset_once_its_batch_is_acknowledged() -> None:
    producer = Accumulating(1_000)
    places = producer.append(records_of([100] * 50))
    assert not any(place.succeeded() for place in places)
    producer.acknowledge()
    assert all(place.succeeded() for place in places)
    assert [place.value.offset for place in places] == list(range(100, 150))


def test_a_refused_batch_fails_each_of_its_records() -> None:
    producer = Accumulating(1 << 20)
    places = producer.append(records_of([100] * 5))
    errors = [ValueError(number) for number in range(5)]
    producer.batches[0].complete_exceptionally(KafkaError("refused"), errors.__getitem__)
    assert not any(place.succeeded() for place in places)
    assert [place.exception for place in places] == errors


def test_the_first_record_that_the_brokers_do_not_have_is_found_in_whichever_batch() -> None:
    producer = Accumulating(1_000)
    places = producer.append(records_of([100] * 50))
    assert internals.find_unacknowledged(places) is places[0]
    producer.acknowledge()
    assert internals.find_unacknowledged(places) is None

    refused = Accumulating(1 << 20)
    later = refused.append(records_of([100] * 5))
    errors = [None, None, None, ValueError("refused"), None]
    refused.batches[0].complete_exceptionally(KafkaError("refused"), errors.__getitem__)
    assert internals.find_unacknowledged([*places, *later]) is later[0]


def test_an_aborted_batch_fails_each_of_its_records() -> None:
    producer = Accumulating(1 << 20)
    places = producer.append(records_of([100] * 5))
    producer.batches[0].abort(KafkaError("aborted"))
    assert {str(place.exception) for place in places} == {"KafkaError: aborted"}


def test_records_of_a_batch_that_the_library_splits_are_found_in_the_new_ones() -> None:
    producer = Accumulating(1 << 20)
    places = producer.append(records_of([100] * 9))
    batch = producer.batches.popleft()
    batch.records.close()
    producer._accumulator.split_and_reenqueue(batch)
    assert len(producer.batches) == 2
    producer.acknowledge()
    assert [place.value.offset for place in places] == list(range(100, 109))


def test_nothing_is_written_behind_a_batch_that_is_closed() -> None:
    producer = Accumulating(1 << 20)
    producer.append(records_of([100] * 3))
    producer.batches[0].records.close()
    producer.append(records_of([50] * 3))
    assert [batch.record_count for batch in producer.batches] == [3, 3]


def test_a_producer_has_an_accumulator_and_a_sender() -> None:
    source = inspect.getsource(KafkaProducer.__init__)
    assert "self._accumulator = RecordAccumulator(" in source
    assert "self._sender = Sender(" in source
    assert callable(Sender.wakeup)
    assert callable(Sender.force_close)


def test_a_producer_keeps_what_ended_its_transactions() -> None:
    assert "self._transaction_manager = TransactionManager(" in inspect.getsource(KafkaProducer.__init__)
    assert isinstance(TransactionManager.last_error, property)
    assert "in an error state" in inspect.getsource(TransactionManager)


def test_partitions_that_are_joined_before_the_first_record_are_one_request() -> None:
    manager = TransactionManager("id", metadata=None)
    manager.set_producer_id_and_epoch(ProducerIdAndEpoch(1, 0))
    manager._current_state = TransactionState.IN_TRANSACTION
    producer = cast(Any, SimpleNamespace(_transaction_manager=manager))
    for partition in (PARTITION, TopicPartition("logs", 1), TopicPartition("ledger", 0), PARTITION):
        internals.join_transaction(producer, partition)
    asked = manager.next_request_handler(False).request.v3_and_below_topics
    assert {topic.name: set(topic.partitions) for topic in asked} == {"logs": {0, 1}, "ledger": {0}}
    assert not manager._new_partitions_in_transaction
    assert "self._transaction_manager.maybe_add_partition_to_transaction(tp)" in inspect.getsource(
        KafkaProducer.send
    )


@pytest.mark.parametrize("commits", [True, False])
def test_a_transaction_ends_as_the_library_ends_it_but_in_time(commits: bool) -> None:
    own = KafkaProducer.commit_transaction if commits else KafkaProducer.abort_transaction
    begin = "begin_commit" if commits else "begin_abort"
    source = inspect.getsource(own)
    lines = f"result = self._transaction_manager.{begin}()", "self._sender.wakeup()", "result.wait()"
    assert "\n        ".join(lines) in source
    result = TransactionalRequestResult()
    happened: list[str] = []

    def ended() -> TransactionalRequestResult:
        happened.append(begin)
        return result

    producer = SimpleNamespace(
        _transaction_manager=SimpleNamespace(**{begin: ended}),
        _sender=SimpleNamespace(wakeup=lambda: happened.append("wake")),
    )
    assert not internals.end_transaction(cast(Any, producer), 0.01, commits=commits)
    assert happened == [begin, "wake"]
    result.done()
    assert internals.end_transaction(cast(Any, producer), 0.01, commits=commits)
    result.done(ProducerFencedError())
    with pytest.raises(ProducerFencedError):
        internals.end_transaction(cast(Any, producer), 0.01, commits=commits)


def test_joins_are_sent_by_waking_the_sender() -> None:
    woken: list[bool] = []
    sender = SimpleNamespace(wakeup=lambda: woken.append(True))
    internals.send_joins(cast(Any, SimpleNamespace(_sender=sender)))
    assert woken == [True]
    assert "next_request_handler(" in inspect.getsource(Sender._maybe_send_pending_request)


def test_send_ends_with_what_is_used_instead_of_it() -> None:
    source = inspect.getsource(KafkaProducer.send)
    assert "self._accumulator.append(" in source
    assert "self._sender.wakeup()" in source


def read_batches(*batches: bytes, corrupt: bool = False, **more: Any) -> list[Any]:
    """Records of a partition as a consumer of whole batches gives them."""
    data = bytearray(b"".join(batches))
    if corrupt:
        data[-1] ^= 1
    consumer = cast(Any, SimpleNamespace(_fetcher=SimpleNamespace()))
    internals.read_whole_batches(consumer)
    found = consumer._fetcher.PartitionRecords(0, PARTITION, MemoryRecords(bytes(data)), **more)
    return cast("list[Any]", found.take(10))


def batch_of(first: int, count: int, codec: int = 3, producer_id: int = -1) -> bytes:
    epoch = 0 if producer_id >= 0 else -1
    builder = MemoryRecordsBuilder(2, codec, 1 << 20, 0, producer_id >= 0, producer_id, epoch, epoch)
    for number in range(count):
        builder.append(number, b"key", b"value %d" % number)
    builder.close()
    data = bytearray(builder.buffer())
    data[:8] = first.to_bytes(8, "big")
    return bytes(data)


@pytest.mark.parametrize("codec", [0, 1, 2, 3])
def test_each_batch_is_one_record_with_all_of_its_own(codec: int) -> None:
    found = read_batches(batch_of(0, 3, codec), batch_of(3, 100, codec))
    assert [record.offset for record in found] == [2, 102]
    assert found[0].value == [(number, b"key", b"value %d" % number) for number in range(3)]
    assert [each.offset for each in found[1].value] == list(range(3, 103))


def test_a_batch_with_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(CorruptRecordError):
        read_batches(batch_of(0, 3), corrupt=True)


def test_batches_of_an_aborted_transaction_are_left_out() -> None:
    aborted = [SimpleNamespace(first_offset=3, producer_id=7)]
    found = read_batches(
        batch_of(0, 3),
        batch_of(3, 3, producer_id=7),
        batch_of(6, 3, producer_id=8),
        isolation_level=IsolationLevel.READ_COMMITTED,
        aborted_transactions=aborted,
    )
    assert [record.offset for record in found] == [2, 8]


def test_a_batch_before_the_offset_that_is_asked_for_is_left_out_and_the_one_around_it_is_whole() -> None:
    consumer = cast(Any, SimpleNamespace(_fetcher=SimpleNamespace()))
    internals.read_whole_batches(consumer)
    data = batch_of(0, 3) + batch_of(3, 3)
    found = consumer._fetcher.PartitionRecords(4, PARTITION, MemoryRecords(data)).take(10)
    assert [[each.offset for each in record.value] for record in found] == [[3, 4, 5]]


def test_a_fetcher_reads_a_partitions_records_by_a_class_that_can_be_replaced() -> None:
    assert "parsed_records = self.PartitionRecords(fetch_offset, tp, records," in inspect.getsource(Fetcher)


def test_a_consumer_has_a_fetcher_that_holds_one_partitions_records() -> None:
    assert "self._fetcher = Fetcher(" in inspect.getsource(KafkaConsumer.__init__)
    source = inspect.getsource(Fetcher)
    assert "self._next_partition_records = self._paused_partition_records.pop(tp)" in source
    assert "self._next_partition_records = None" in source


@pytest.mark.parametrize(
    ("topic_id", "expected"), [(UUID(int=5), str(UUID(int=5))), (UUID(int=0), ""), (None, "")]
)
def test_a_consumers_cluster_has_the_ids_of_topics(topic_id: UUID | None, expected: str) -> None:
    cluster = ClusterMetadata(bootstrap_servers=[])
    if topic_id is not None:
        cluster._topic_ids["logs"] = topic_id
    consumer: Any = SimpleNamespace(_cluster=cluster)
    assert internals.topic_id_of(consumer, "logs") == expected
    assert "self._cluster = self._manager.cluster" in inspect.getsource(KafkaConsumer.__init__)


def test_a_producer_knows_when_a_broker_answered_with_metadata() -> None:
    producer: Any = SimpleNamespace(_metadata=ClusterMetadata(bootstrap_servers=[]))
    assert not internals.has_metadata_since(producer, 1.0)
    producer._metadata._last_successful_refresh_ms = 1_001
    assert internals.has_metadata_since(producer, 1.0)
    assert not internals.has_metadata_since(producer, 2.0)
    source = inspect.getsource(ClusterMetadata.update_metadata)
    assert "now = time.monotonic() * 1000" in source
    assert "self._last_successful_refresh_ms = now" in source


def test_the_logger_of_connections_has_its_name() -> None:
    assert kafka.net.manager.log.name == internals.CONNECTION_LOGGER


@pytest.mark.parametrize("transport", [KafkaTCPTransport, KafkaSSLTransport])
def test_what_a_broker_sends_before_it_closes_the_connection_is_read(transport: type) -> None:
    """A slow client meets both in one read: why a login was refused, and the end."""
    broker, client = socket.socketpair()
    with broker, client:
        client.setblocking(False)
        broker.sendall(b"wrong password")
        broker.close()
        connection: Any = SimpleNamespace(_sock=client)
        assert cast(Any, transport)._sock_recv(connection) == (b"wrong password", None)
        data, error = cast(Any, transport)._sock_recv(connection)
    assert (data, type(error)) == (b"", KafkaConnectionError)
