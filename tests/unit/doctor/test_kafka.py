"""What doctor says of brokers, topics and transactions: a row for each wrong setting."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

from ethlogs.doctor.checkup import Checkup, Finding
from ethlogs.doctor.kafka import examine_kafka
from ethlogs.settings import KafkaSettings, StreamSettings, TopicCreation
from tests.unit.doctor.fake_brokers import LEDGER, RIGHTS, TOPIC, FakeBrokers, faked

NO_CREATION = TopicCreation()
POLICY_VIOLATION, INVALID_REPLICATION, NOT_AUTHORIZED = 44, 38, 29


def examine(
    brokers: FakeBrokers, monkeypatch: pytest.MonkeyPatch, creation: TopicCreation = NO_CREATION
) -> dict[str, Finding]:
    checkup = Checkup(lambda _finding: None)
    with faked(brokers, monkeypatch):
        examine_kafka(checkup, KafkaSettings("kafka:9092"), StreamSettings(), creation)
    return {finding.name: finding for finding in checkup.findings}


def test_where_all_is_well_every_check_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examine(FakeBrokers(), monkeypatch)
    assert {name: finding.state for name, finding in found.items()} == dict.fromkeys(
        ("kafka", "codec", "topic", "ledger", "tip", "bound to", "transactions"), "ok"
    )


def compacted(brokers: FakeBrokers) -> None:
    brokers.configs[TOPIC]["cleanup.policy"] = "compact"


def forgetful_ledger(brokers: FakeBrokers) -> None:
    brokers.configs[LEDGER]["cleanup.policy"] = "delete"


def one_partition_ledger(brokers: FakeBrokers) -> None:
    brokers.partitions[LEDGER] = 1


def more_in_sync_than_replicas(brokers: FakeBrokers) -> None:
    brokers.configs[TOPIC]["min.insync.replicas"] = "4"


def no_write(brokers: FakeBrokers) -> None:
    brokers.rights = RIGHTS - {"WRITE"}


def transaction_log_above_brokers(brokers: FakeBrokers) -> None:
    brokers.has_coordinator, brokers.brokers = False, 1


def transaction_log_offline(brokers: FakeBrokers) -> None:
    brokers.has_coordinator = False


def transaction_log_with_one_replica(brokers: FakeBrokers) -> None:
    brokers.transaction_log_replication = brokers.transaction_log_in_sync = 1
    brokers.has_coordinator = False


def transaction_log_out_of_sync(brokers: FakeBrokers) -> None:
    brokers.transaction_log_in_sync = 1


def short_transactions(brokers: FakeBrokers) -> None:
    brokers.longest_transaction_ms = 30_000


def half_a_stream(brokers: FakeBrokers) -> None:
    brokers.forget(TOPIC)


def replication_above_brokers(brokers: FakeBrokers) -> None:
    brokers.forget(TOPIC, LEDGER)
    brokers.refusals = [(INVALID_REPLICATION, "Unable to replicate the partition 3 time(s)")]


def policy_against_everything(brokers: FakeBrokers) -> None:
    brokers.forget(TOPIC, LEDGER)
    brokers.refusals = [(POLICY_VIOLATION, "topics need an owner")]


@pytest.mark.parametrize(
    ("make_wrong", "check", "status", "text", "fix"),
    [
        (compacted, "topic", 7, "is compacted", "cleanup.policy=delete"),
        (short_transactions, "transactions", 3, "transaction.max.timeout.ms=30000", "at least 60000"),
        (forgetful_ledger, "ledger", 7, "cleanup.policy=delete", "cleanup.policy=compact"),
        (one_partition_ledger, "ledger", 7, "has 1 partition", "--partitions 33"),
        (more_in_sync_than_replicas, "topic", 7, "min.insync.replicas=4", "min.insync.replicas=2"),
        (no_write, "topic", 5, "no WRITE", "--operation Write"),
        (transaction_log_above_brokers, "transactions", 7, "is 3, and the cluster has 1 broker", "at most 1"),
        (transaction_log_offline, "transactions", 7, "no coordinator", "__transaction_state"),
        (
            transaction_log_with_one_replica,
            "transactions",
            7,
            "__transaction_state-0 has 1 of its 1 replicas in sync, and min.insync.replicas is 2",
            "give it 2 replicas",
        ),
        (transaction_log_out_of_sync, "transactions", 7, "has 1 of its 3 replicas in sync", "are down"),
        (half_a_stream, "creation", 7, f"the topic {TOPIC} does not exist", "--create-topics"),
        (replication_above_brokers, "creation", 3, "Unable to replicate", "--replication-factor"),
        (policy_against_everything, "creation", 3, "topics need an owner", "policy"),
    ],
)
def test_a_wrong_setting_fails_with_its_fix(
    make_wrong: Callable[[FakeBrokers], None],
    check: str,
    status: int,
    text: str,
    fix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    brokers = FakeBrokers()
    make_wrong(brokers)
    found = examine(brokers, monkeypatch)[check]
    assert (found.state, found.exit_status) == ("failed", status)
    assert text in found.text
    assert "Request '" not in found.text, "not the dump of a request"
    assert fix in str(found.hint)


def one_replica(brokers: FakeBrokers) -> None:
    brokers.replication[TOPIC] = 1
    brokers.configs[TOPIC]["min.insync.replicas"] = "1"


def one_in_sync(brokers: FakeBrokers) -> None:
    brokers.configs[TOPIC]["min.insync.replicas"] = "1"


def finite_retention(brokers: FakeBrokers) -> None:
    brokers.configs[TOPIC]["retention.ms"] = "604800000"


def small_records(brokers: FakeBrokers) -> None:
    brokers.configs[TOPIC]["max.message.bytes"] = str(1 << 20)


@pytest.mark.parametrize(
    ("make_weak", "text"),
    [
        (one_replica, "replication factor 1"),
        (one_in_sync, "min.insync.replicas=1"),
        (finite_retention, "Kafka will delete old event logs"),
        (small_records, "an event log can be larger"),
    ],
)
def test_a_weak_setting_is_a_warning(
    make_weak: Callable[[FakeBrokers], None], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers = FakeBrokers()
    make_weak(brokers)
    found = examine(brokers, monkeypatch)["topic"]
    assert (found.state, text in found.text) == ("warning", True)


@pytest.mark.parametrize("create", [False, True])
def test_a_new_stream_is_no_failure_and_its_creation_is_checked(
    create: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers = FakeBrokers()
    brokers.forget(TOPIC, LEDGER)
    found = examine(brokers, monkeypatch, TopicCreation(create, partitions=6, replication_factor=3))
    assert {name: finding.state for name, finding in found.items()} == {
        "kafka": "ok",
        "codec": "ok",
        "topic": "warning",
        "ledger": "warning",
        "creation": "ok",
        "tip": "skipped",
        "transactions": "ok",
    }
    how = "is given, so the first run creates it" if create else "smoketest and produce create it with"
    assert how in str(found["topic"].hint)
    assert found["creation"].text == (
        f"{TOPIC} can be created with 6 partitions and replication 3;"
        f" {LEDGER} can be created with 33 partitions and replication 3"
    )


def test_a_policy_that_allows_smaller_records_alone_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers = FakeBrokers()
    brokers.forget(TOPIC, LEDGER)
    brokers.refusals = [(0, ""), (POLICY_VIOLATION, "at most 8 MiB"), (0, "")]
    assert examine(brokers, monkeypatch)["creation"].state == "ok"


@pytest.mark.parametrize(("create", "state"), [(False, "warning"), (True, "failed")])
def test_no_right_to_create_matters_where_ethlogs_shall_create(
    create: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers = FakeBrokers()
    brokers.forget(TOPIC, LEDGER)
    brokers.refusals = [(NOT_AUTHORIZED, "no")]
    found = examine(brokers, monkeypatch, TopicCreation(create, 1, 1))["creation"]
    assert (found.state, "no CREATE" in found.text) == (state, True)
    assert "kafka-acls" in str(found.hint)


@pytest.mark.parametrize(("codec", "states"), [("lz4", ["ok", "ok"]), ("zstd", ["ok", "failed"])])
def test_a_codec_that_this_python_lacks_is_found_before_a_run_finds_it(
    codec: str, states: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every codec's package is there where the tests run; zstd's is taken away."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "zstandard" else find(name))
    brokers = FakeBrokers()
    brokers.configs[TOPIC]["compression.type"] = codec
    found = examine(brokers, monkeypatch)
    assert [found["codec"].state, found["topic"].state] == states
    if codec == "zstd":
        assert (found["topic"].exit_status, "kafka-python[zstd]" in str(found["topic"].hint)) == (3, True)


@pytest.mark.parametrize(
    ("replicas", "in_sync"),
    [(3, None), (3, 2), (3, 3), (1, 1)],
    ids=["not made yet", "just enough", "all", "one replica, which newer brokers take"],
)
def test_a_log_of_transactions_that_can_be_written_is_well(
    replicas: int, in_sync: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers = FakeBrokers()
    brokers.transaction_log_replication = replicas
    brokers.transaction_log_in_sync = in_sync
    assert examine(brokers, monkeypatch)["transactions"].state == "ok"
