"""The brokers of a cluster: described, and why they cannot coordinate transactions."""

from __future__ import annotations

import contextlib
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from ethlogs.counted import counted
from ethlogs.errors import EthlogsError, KafkaUnavailableError, SettingsError
from ethlogs.kafka.client_config import TRANSACTION_TIMEOUT_MS
from ethlogs.kafka.topics import admin_client
from ethlogs.settings import KafkaSettings

_REPLICATION = "transaction.state.log.replication.factor"
_LONGEST = "transaction.max.timeout.ms"
_LOG = "__transaction_state"
_LEAST = "min.insync.replicas"
_OF_THE_LOG = f"{_REPLICATION} and transaction.state.log.min.isr"


def describe_brokers(settings: KafkaSettings) -> list[str]:
    """Return the brokers as they advertise themselves, and the version that each speaks at least."""
    with admin_client(settings) as client:
        return [
            f"{broker['host']}:{broker['port']} (Kafka {_version_of(client, broker['broker_id'])} or later)"
            for broker in client.describe_cluster()["brokers"]
        ]


def _version_of(client: KafkaAdminClient, broker_id: int) -> str:
    return ".".join(map(str, client.get_broker_version_data(broker_id).broker_version[:2]))


def explain_missing_coordinator(settings: KafkaSettings) -> EthlogsError:
    """Return the error for brokers that answer and have no coordinator of transactions.

    They create the topic __transaction_state when it is first needed, and cannot with too few brokers.
    """
    with contextlib.suppress(EthlogsError), admin_client(settings) as client:
        brokers = [broker["broker_id"] for broker in client.describe_cluster()["brokers"]]
        wanted = _read_number(client, brokers[0], _REPLICATION)
        if wanted is not None and wanted > len(brokers):
            return KafkaUnavailableError(
                f"the brokers cannot coordinate transactions: {_REPLICATION} is {wanted}, and the cluster has"
                f" {counted(len(brokers), 'broker')}",
                hint=f"start more brokers, or set {_OF_THE_LOG} to at most {len(brokers)} on each broker",
            )
    return KafkaUnavailableError(
        "the brokers have no coordinator of transactions",
        hint=f"are {_OF_THE_LOG} at most the number of running brokers, and is every partition of"
        " __transaction_state online?",
    )


def check_transaction_log(settings: KafkaSettings, *, has_failed: bool) -> None:
    """Refuse a log of transactions that no transaction can be written to, though the brokers answer.

    Newer brokers ask for no more replicas in sync than there are, older ones do. So a log with fewer replicas
    than ``min.insync.replicas`` is a fault only where a transaction ``has_failed``.

    Raises
    ------
    KafkaUnavailableError
        With the partition and its replicas; not where this principal may not see the log.
    """
    fault = None
    with contextlib.suppress(EthlogsError), admin_client(settings) as client:
        fault = _find_fault_of_log(client, has_failed)
    if fault is not None:
        raise fault


def _find_fault_of_log(client: KafkaAdminClient, has_failed: bool) -> KafkaUnavailableError | None:
    (log,) = client.describe_topics([_LOG])
    if log.get("error_code"):
        return None
    described: Any = client.describe_configs([ConfigResource("TOPIC", _LOG)], config_filter="all")
    least = _to_number(described["topic"].get(_LOG, {}).get(_LEAST))
    for number, partition in enumerate(log["partitions"]):
        replicas, in_sync = len(partition["replica_nodes"]), partition.get("isr_nodes")
        if least is None or in_sync is None:
            continue
        if len(in_sync) < (least if has_failed else min(least, replicas)):
            return _build_fault(number, replicas, len(in_sync), least)
    return None


def _build_fault(number: int, replicas: int, in_sync: int, least: int) -> KafkaUnavailableError:
    hint = "start the brokers that are down, or wait until their replicas are in sync"
    if replicas < least:
        hint = (
            f"give it {least} replicas (kafka-reassign-partitions), or set {_LEAST} of {_LOG} to {replicas}"
        )
    return KafkaUnavailableError(
        f"no transaction can be written: the partition {_LOG}-{number} has {in_sync} of its {replicas}"
        f" replicas in sync, and {_LEAST} is {least}; brokers then answer NOT_ENOUGH_REPLICAS or"
        " COORDINATOR_NOT_AVAILABLE",
        hint=hint,
    )


def check_transaction_timeout(settings: KafkaSettings) -> None:
    """Refuse brokers that allow less time for a transaction than a run asks for.

    Raises
    ------
    SettingsError
        With what to set; not where they do not say.
    """
    longest = None
    with contextlib.suppress(EthlogsError), admin_client(settings) as client:
        broker = client.describe_cluster()["brokers"][0]["broker_id"]
        longest = _read_number(client, broker, _LONGEST)
    if longest is not None and longest < TRANSACTION_TIMEOUT_MS:
        raise SettingsError(
            f"the brokers have {_LONGEST}={longest}, and a run asks for {TRANSACTION_TIMEOUT_MS}",
            hint=f"set {_LONGEST} to at least {TRANSACTION_TIMEOUT_MS} on each broker",
        )


def _read_number(client: KafkaAdminClient, broker_id: int, name: str) -> int | None:
    described: Any = client.describe_configs([ConfigResource("BROKER", str(broker_id))], config_filter="all")
    return _to_number(described["broker"][str(broker_id)].get(name))


def _to_number(item: Any) -> int | None:
    value = item["value"] if isinstance(item, dict) else item
    return int(value) if str(value).isdigit() else None
