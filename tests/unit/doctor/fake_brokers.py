"""Fake brokers for doctor: real ones cannot be given most of these faults, and cost seconds each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import CoordinatorNotAvailableError, TransactionalIdNotFoundError

from ethlogs.doctor import kafka as doctor_kafka
from ethlogs.doctor import stream as doctor_stream
from ethlogs.kafka import brokers as kafka_brokers
from ethlogs.kafka.errors import mapped_errors
from ethlogs.settings import KafkaSettings
from ethlogs.stream import truncation
from ethlogs.stream.tail import Tail
from tests.unit.samples import EMPTY_TAIL, IDENTITY

TOPIC, LEDGER = "eth_eventlogs", "eth_eventlogs.ledger"
RIGHTS = frozenset({"READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"})
NOT_THERE = 3


class FakeBrokers:
    """A cluster where all is well, until a test changes something."""

    def __init__(self) -> None:
        self.brokers = 3
        self.partitions = {TOPIC: IDENTITY.partitions, LEDGER: IDENTITY.ledger_partitions}
        self.topic_ids = {TOPIC: IDENTITY.topic_id, LEDGER: IDENTITY.ledger_topic_id}
        self.replication = dict.fromkeys((TOPIC, LEDGER), 3)
        self.configs: dict[str, dict[str, str]] = {
            TOPIC: {
                "cleanup.policy": "delete",
                "retention.ms": "-1",
                "max.message.bytes": str(16 << 20),
                "min.insync.replicas": "2",
            },
            LEDGER: {"cleanup.policy": "compact", "min.insync.replicas": "2"},
            "__transaction_state": {"min.insync.replicas": "2"},
        }
        self.rights = RIGHTS
        self.has_coordinator = True
        self.transaction_log_replication = 3
        self.transaction_log_in_sync: int | None = None
        """Of three replicas, of which two have to be; ``None`` before the brokers have made the log."""
        self.longest_transaction_ms = 900_000
        self.refusals: list[tuple[int, str]] = []
        """The error codes and reasons with which the next creations are refused; the last one stays."""
        self.tail: Tail = EMPTY_TAIL
        self.slot: Tail = EMPTY_TAIL
        self.ends: dict[int, int] = {}
        self.with_records: set[str] = set()

    def forget(self, *names: str) -> None:
        for name in names:
            del self.partitions[name]

    def describe_cluster(self) -> dict[str, Any]:
        return {"brokers": [{"broker_id": n, "host": f"kafka{n}", "port": 9092} for n in range(self.brokers)]}

    def get_broker_version_data(self, broker_id: int) -> Any:
        return SimpleNamespace(broker_version=(4, 0))

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [self._describe(name) for name in names]

    def _describe(self, name: str) -> dict[str, Any]:
        if name == "__transaction_state" and self.transaction_log_in_sync is not None:
            in_sync = list(range(self.transaction_log_in_sync))
            all_of_them = list(range(self.transaction_log_replication))
            partition = {"partition_index": 0, "replica_nodes": all_of_them, "isr_nodes": in_sync}
            return {"name": name, "error_code": 0, "partitions": [partition]}
        if name not in self.partitions:
            return {"name": name, "error_code": NOT_THERE}
        replicas = {"replica_nodes": list(range(self.replication[name]))}
        return {
            "name": name,
            "error_code": 0,
            "topic_id": self.topic_ids[name],
            "partitions": [replicas] * self.partitions[name],
            "authorized_operations": self.rights,
        }

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        log = {
            "transaction.state.log.replication.factor": str(self.transaction_log_replication),
            "transaction.max.timeout.ms": str(self.longest_transaction_ms),
        }
        names = [resource.name for resource in resources]
        return {
            "topic": {name: self.configs.get(name, {}) for name in names},
            "broker": dict.fromkeys(names, log),
        }

    def create_topics(self, topics: list[Any], validate_only: bool, raise_errors: bool = True) -> Any:
        assert validate_only, "doctor creates nothing"
        code, reason = self.refusals[0] if self.refusals else (0, "")
        if len(self.refusals) > 1:
            del self.refusals[0]
        return {
            "topics": [
                {
                    "error_code": code,
                    "error_message": reason,
                    "num_partitions": max(topic.num_partitions, 1),
                    "replication_factor": max(topic.replication_factor, 1),
                }
                for topic in topics
            ]
        }

    def describe_transactions(self, names: list[str]) -> dict[str, Any]:
        raise TransactionalIdNotFoundError if self.has_coordinator else CoordinatorNotAvailableError


@contextlib.contextmanager
def faked(brokers: FakeBrokers, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBrokers]:
    """Let doctor meet these brokers instead of real ones."""

    @contextlib.contextmanager
    def admin_client(settings: KafkaSettings) -> Iterator[FakeBrokers]:
        with mapped_errors("describing the topics"):
            yield brokers

    with monkeypatch.context() as patch:
        patch.setattr(doctor_kafka, "admin_client", admin_client)
        patch.setattr(doctor_kafka, "_COORDINATOR_SECONDS", 0.0)
        patch.setattr(kafka_brokers, "admin_client", admin_client)
        patch.setattr(doctor_stream, "read_tails", lambda *_: {0: brokers.tail, 1: brokers.slot})
        patch.setattr(doctor_stream, "has_records", lambda _, topic: topic.name in brokers.with_records)
        patch.setattr(truncation, "open_consumer", lambda *_: contextlib.nullcontext())
        patch.setattr(truncation, "fetch_ends", lambda consumer, name, numbers: brokers.ends)
        yield brokers
