"""Three brokers that let nobody in without a name, each with its own Kerberos principal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient

from ethlogs.errors import NotAuthorizedError
from ethlogs.kafka.stores import StoreFolder
from ethlogs_devnet import SMALL_PLAN, GethNode, Kdc, LiveHead, SecureKafkaCluster, Way
from ethlogs_devnet.kerberos.users import USER
from tests.harness.running import RunInProcess, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.secured_runs import REAUTH_SECONDS, TICKET_SECONDS, readable, settings_for, with_ticket

pytestmark = pytest.mark.long

PART_SECONDS = 1.2 * TICKET_SECONDS
"""Each part of the run is longer than a ticket's life and a connection's session."""


@pytest.fixture
def kdc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kdc]:
    """A realm whose tickets last 20 seconds, and this process in it without a ticket."""
    with Kdc(tmp_path / "kdc", TICKET_SECONDS) as realm:
        for name, value in realm.environment(tmp_path / "no-tickets").items():
            monkeypatch.setenv(name, value)
        yield realm


@pytest.fixture
def cluster(tmp_path: Path, kdc: Kdc) -> Iterator[SecureKafkaCluster]:
    """Brokers that ask each connection again who it is every 15 seconds."""
    with SecureKafkaCluster(tmp_path / "kafka", kdc, reauth_seconds=REAUTH_SECONDS) as brokers:
        yield brokers


def test_the_coordinator_is_killed_and_comes_back_while_tickets_expire(
    kdc: Kdc, cluster: SecureKafkaCluster, own_geth: GethNode, stores: StoreFolder, tmp_path: Path
) -> None:
    """Three parts: with all three, with the two that are left, and with three again."""
    stream, settings = settings_for(cluster, own_geth.url, stores, Way(), timeout=300)
    readable(cluster)
    with LiveHead(own_geth, 0.5, SMALL_PLAN), RunInProcess(settings, tmp_path).start() as running:
        running.wait_for(lambda progress: (progress["tip"] or 0) > 10, "the run follows")
        assert {len(one["replica_nodes"]) for one in partitions(cluster, stream)} == {3}
        follow_with_new_tickets(kdc, cluster, running)
        victim = cluster.coordinator
        victim.kill()
        follow_with_new_tickets(kdc, cluster, running)
        victim.start()
        wait_until(lambda: in_sync(cluster, stream) == {3}, "the broker has what it missed")
        follow_with_new_tickets(kdc, cluster, running)
        running.process.terminate()
        running.wait()
    assert running.report["exitStatus"] == 143, running.log
    assert_exactly_once(stream, own_geth.url, 1, running.report["lastBlock"])


def test_one_broker_of_three_whose_own_keytab_is_old_is_no_missing_right(
    kdc: Kdc, cluster: SecureKafkaCluster, own_geth: GethNode, stores: StoreFolder
) -> None:
    """A ticket for each broker is needed: those that the other two take are refused here."""
    _stream, settings = settings_for(cluster, own_geth.url, stores, Way(), blocks=1)
    kdc.change_key(cluster.brokers[1].principal, into_keytab=False)
    with with_ticket(settings):
        outcome = run(settings)
    outcome.assert_failed(NotAuthorizedError, "Kafka authentication failed", hint="own keytab")


def follow_with_new_tickets(kdc: Kdc, cluster: SecureKafkaCluster, running: RunInProcess) -> None:
    """Let the run continue for a part, in which it is given a ticket for each broker, and commit after it."""
    before = count_tickets(kdc, cluster)
    ends_at = time.monotonic() + PART_SECONDS
    running.wait_for(lambda _: time.monotonic() > ends_at, "the part is over")
    tip = running.progress["tip"]
    running.wait_for(lambda progress: progress["tip"] > tip + 5, "the run continues")
    after = count_tickets(kdc, cluster)
    assert all(after[name] > count for name, count in before.items()), (before, after)


def partitions(cluster: SecureKafkaCluster, stream: Stream) -> list[dict[str, Any]]:
    """Kafka's descriptions of the partitions of both topics."""
    client = KafkaAdminClient(**cluster.login)
    try:
        topics = client.describe_topics([stream.topic, stream.ledger])
    finally:
        client.close()
    return [partition for topic in topics for partition in topic["partitions"]]


def in_sync(cluster: SecureKafkaCluster, stream: Stream) -> set[int]:
    """How many brokers have a partition's newest records, of all partitions."""
    return {len(partition["isr_nodes"]) for partition in partitions(cluster, stream)}


def count_tickets(kdc: Kdc, cluster: SecureKafkaCluster) -> dict[str, int]:
    """How many tickets for each broker's service the KDC has given the user."""
    issued = [
        line for line in kdc.files.log.read_text().splitlines() if "TGS_REQ" in line and "ISSUE" in line
    ]
    user = kdc.full_name(USER)
    return {
        broker.principal: sum(f"{user} for {kdc.full_name(broker.principal)}" in line for line in issued)
        for broker in cluster.brokers
    }
