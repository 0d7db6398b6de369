"""The private parts of kafka-python that ethlogs uses are still there, and still mean the same."""

from __future__ import annotations

import inspect

import kafka.net.manager
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.producer.sender import Sender
from kafka.producer.transaction_manager import TransactionManager

from ethlogs.kafka import internals


def test_the_accumulator_takes_a_record_as_it_is_given() -> None:
    assert list(inspect.signature(RecordAccumulator.append).parameters)[:6] == [
        *("self", "tp", "timestamp_ms", "key", "value", "headers")
    ]


def test_the_accumulator_gives_a_future_and_whether_the_sender_must_wake() -> None:
    accumulator = RecordAccumulator(batch_size=1 << 20)
    first, second = (
        accumulator.append(TopicPartition("logs", 0), None, b"key", b"value", []) for _ in range(2)
    )
    assert [len(first), len(second)] == [4, 4]
    assert (first[1], first[2], second[1], second[2]) == (False, True, False, False)
    assert not first[0].is_done


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


def test_send_ends_with_what_is_used_instead_of_it() -> None:
    source = inspect.getsource(KafkaProducer.send)
    assert "self._accumulator.append(" in source
    assert "self._sender.wakeup()" in source


def test_a_consumer_has_a_fetcher_that_holds_one_partitions_records() -> None:
    assert "self._fetcher = Fetcher(" in inspect.getsource(KafkaConsumer.__init__)
    source = inspect.getsource(Fetcher)
    assert "self._next_partition_records = self._paused_partition_records.pop(tp)" in source
    assert "self._next_partition_records = None" in source


def test_the_logger_of_connections_has_its_name() -> None:
    assert kafka.net.manager.log.name == internals.CONNECTION_LOGGER
