"""Three Kafka brokers (KRaft, each a controller too) on the loopback address, to kill one of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from kafka import KafkaAdminClient

from ethlogs_devnet.kafka.broker import KafkaBroker
from ethlogs_devnet.kafka.runtime import KafkaRuntime
from ethlogs_devnet.service import Service

BROKERS = 3
_TRANSACTIONS = "__transaction_state"
_REPLICATED = {
    "default.replication.factor": str(BROKERS),
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": str(BROKERS),
    "transaction.state.log.replication.factor": str(BROKERS),
    "transaction.state.log.min.isr": "2",
    # a broker that was killed is out of the in-sync replicas soon, and back in them as soon
    "replica.lag.time.max.ms": "3000",
    "controller.quorum.election.timeout.ms": "500",
    "controller.quorum.fetch.timeout.ms": "1000",
}


class MemberBroker(KafkaBroker):
    """One broker of a cluster; its peers' ports are known before it starts."""

    node_id: int

    def join(self, node_id: int, brokers: Sequence[KafkaBroker]) -> None:
        """Be this one of a cluster's brokers, which are numbered from 1 on and hold every partition each."""
        self.node_id = node_id
        self.name = f"kafka {node_id}"
        voters = [f"{n}@{broker.listens_on}:{broker.ports[1]}" for n, broker in enumerate(brokers, 1)]
        own = {"node.id": str(node_id), "controller.quorum.voters": ",".join(voters)}
        self.extra_properties = {**_REPLICATED, **self.extra_properties, **own}

    def _create_data(self, runtime: KafkaRuntime) -> None:
        """Prepare a new folder: in a copy of the prepared one it would be broker 1."""
        runtime.format(self.files)


Member = TypeVar("Member", bound=MemberBroker)


class Cluster(Service, Generic[Member]):
    """Brokers that hold every partition, two of which have to have a record before it counts.

    It continues while any one of three is away.
    """

    name = "kafka"

    def __init__(self, brokers: Sequence[Member]) -> None:
        self.brokers = brokers
        for node_id, broker in enumerate(brokers, 1):
            broker.join(node_id, brokers)

    @property
    def bootstrap(self) -> str:
        """``host:port`` of each broker, for clients."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    @property
    def pid(self) -> int | None:
        """A process id while all run, else None."""
        pids = [broker.pid for broker in self.brokers]
        return pids[0] if all(pids) else None

    @property
    def login(self) -> dict[str, Any]:
        """kafka-python's settings, for who may look at everything."""
        return {"bootstrap_servers": self.bootstrap}

    @property
    def coordinator(self) -> Member:
        """The broker that coordinates the transactions: there is one partition of them."""
        client = KafkaAdminClient(**self.login)
        try:
            (topic,) = client.describe_topics([_TRANSACTIONS])
        finally:
            client.close()
        leader = topic["partitions"][0]["leader_id"]
        return next(broker for broker in self.brokers if broker.node_id == leader)

    def start(self) -> None:
        """Start those that do not run; a broker serves only once it has found a majority."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda broker: broker.start(), [b for b in self.brokers if b.pid is None]))

    def stop(self) -> None:
        """End all: by SIGKILL, since the last ones would wait for a majority to take their leave from."""
        for broker in self.brokers:
            broker.kill()

    def thaw(self) -> None:
        """SIGCONT to all."""
        for broker in self.brokers:
            broker.thaw()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self


class KafkaCluster(Cluster[MemberBroker]):
    """Three brokers that let everybody in; ``extra_properties`` are settings of each."""

    def __init__(self, state_dir: Path, extra_properties: Mapping[str, str] | None = None) -> None:
        super().__init__([MemberBroker(folder, extra_properties) for folder in build_folders(state_dir)])


def build_folders(state_dir: Path) -> list[Path]:
    """The folder of each of three brokers."""
    return [Path(state_dir) / f"kafka-{number}" for number in range(1, BROKERS + 1)]
