"""A key's partition is that of Kafka's own default partitioner; what ended a producer is known by its class.

The producer is a fake: a real one is fenced in tests/integration, in whichever of its calls comes next.
"""

from __future__ import annotations

import random
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kafka import errors as kafka_errors
from kafka.partitioner import DefaultPartitioner
from kafka.producer.transaction_manager import TransactionalRequestResult

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KafkaUnavailableError, NotAuthorizedError
from ethlogs.event_log import Record
from ethlogs.kafka import writer as writer_module
from ethlogs.kafka.errors import FencedError
from ethlogs.kafka.writer import Transaction, TransactionalWriter, partition_of
from ethlogs.settings import KafkaSettings


class FakeCluster:
    """What a partitioner asks a cluster for."""

    def __init__(self, partitions: int) -> None:
        self._partitions = set(range(partitions))

    def topics(self) -> set[str]:
        return {"logs"}

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return self._partitions

    available_partitions_for_topic = partitions_for_topic


@pytest.mark.parametrize("partitions", [1, 2, 3, 6, 12, 50, 1000])
def test_the_partition_is_that_of_kafkas_default_partitioner(partitions: int) -> None:
    cluster, chance = FakeCluster(partitions), random.Random(partitions)  # noqa: S311 - no secret
    for _ in range(300):
        key = f"0x{chance.getrandbits(160):040x}".encode()
        chosen = DefaultPartitioner().partition("logs", key, key, b"", b"", cluster)
        assert partition_of(key, partitions) == chosen


# From testMurmur2 in UtilsTest of Kafka's Java client.
@pytest.mark.parametrize(
    ("key", "murmur2"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_partition_is_that_of_the_java_client(key: bytes, murmur2: int) -> None:
    assert partition_of(key, 1000) == (murmur2 & 0x7FFFFFFF) % 1000


@pytest.mark.parametrize(
    ("last_error", "ours"),
    [
        (kafka_errors.ProducerFencedError(), FencedError),
        (kafka_errors.InvalidProducerEpochError(), FencedError),
        (kafka_errors.TransactionalIdAuthorizationFailedError(), NotAuthorizedError),
        (kafka_errors.KafkaError("unknown reasons"), KafkaUnavailableError),
        (RuntimeError("a defect of the library"), KafkaUnavailableError),
        (None, KafkaUnavailableError),
    ],
)
def test_what_ended_a_producer_is_known_by_its_class(
    last_error: BaseException | None, ours: type[Exception]
) -> None:
    """After an error its calls raise a plain KafkaError, with the text of that error in its own."""

    def fail() -> None:
        raise kafka_errors.KafkaError(f"we are in an error state: {last_error}")

    producer = SimpleNamespace(
        flush=lambda timeout: None,
        _transaction_manager=SimpleNamespace(begin_commit=fail, last_error=last_error),
    )
    with pytest.raises(ours) as caught:
        Transaction(cast(Any, producer), StopSwitch()).commit()
    assert type(caught.value) is ours


def test_a_commit_without_an_answer_ends_in_time_and_leaves_no_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer_module, "COMMIT_SECONDS", 0.05)
    producer = SimpleNamespace(
        flush=lambda timeout: None,
        _sender=SimpleNamespace(wakeup=lambda: None),
        _transaction_manager=SimpleNamespace(begin_commit=TransactionalRequestResult, last_error=None),
    )
    transaction = Transaction(cast(Any, producer), StopSwitch())
    threads = threading.active_count()
    with pytest.raises(KafkaUnavailableError, match="did not answer within"):
        transaction.commit()
    assert transaction.commit_was_sent
    assert threading.active_count() == threads


def test_every_partition_of_a_transactions_records_is_joined_before_the_first_one_is_sent() -> None:
    happened: list[object] = []

    def send(*_: object, partition: int, **__: object) -> None:
        happened.append("send")

    producer = SimpleNamespace(
        send=send,
        _transaction_manager=SimpleNamespace(
            maybe_add_partition_to_transaction=lambda partition: happened.append(partition.partition)
        ),
        _accumulator=None,
    )
    large = b"v" * (1 << 20)
    keys = [f"0x{number:040x}".encode() for number in range(20)]
    transaction = Transaction(cast(Any, producer), StopSwitch())
    transaction.send_all("logs", 3, [Record(key, large) for key in keys])
    joined = happened[: happened.index("send")]
    assert set(joined) == {partition_of(key, 3) for key in keys}
    assert set(happened[len(joined) :]) == {"send"}


def test_the_first_record_of_a_partition_and_large_ones_go_through_all_of_the_librarys_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[object] = []

    def append(_producer: object, _partition: object, records: list[Record]) -> list[Any]:
        happened.extend(len(record.value) for record in records)
        return [None for _ in records]

    monkeypatch.setattr("ethlogs.kafka.writer.append_records", append)
    producer = SimpleNamespace(
        send=lambda *_, value, **__: happened.append(f"send {len(value)}"),
        _transaction_manager=SimpleNamespace(maybe_add_partition_to_transaction=lambda _: None),
    )
    transaction = Transaction(cast(Any, producer), StopSwitch())
    for sizes in ([1, 2, 1 << 20, 3], [4, 1 << 20, 1 << 20], [5]):
        numbers = transaction.send_all("logs", 1, [Record(b"key", bytes(size)) for size in sizes])
    large = f"send {1 << 20}"
    assert happened == ["send 1", 2, large, 3, 4, large, large, 5]
    assert numbers == {0: (7, 7)}


def test_a_transactional_id_that_is_not_given_out_names_the_brokers_own_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fake, since kafka-python tries for a minute what the coordinator refuses."""

    def time_out() -> None:
        raise kafka_errors.KafkaTimeoutError

    def find_fault(_settings: KafkaSettings, *, has_failed: bool) -> None:
        assert has_failed
        raise KafkaUnavailableError("__transaction_state-0 has 1 of its 1 replicas in sync")

    writer = TransactionalWriter.__new__(TransactionalWriter)
    writer._producer = cast(Any, SimpleNamespace(init_transactions=time_out))
    monkeypatch.setattr("ethlogs.kafka.writer.check_transaction_log", find_fault)
    with pytest.raises(KafkaUnavailableError, match="__transaction_state-0 has 1 of its 1 replicas"):
        writer._init_transactions(KafkaSettings("kafka:9092"), "ethlogs:logs:follower")
