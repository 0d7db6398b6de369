"""Three Kafka brokers (KRaft, each a controller too) on the loopback address, to kill one of."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from kafka import KafkaAdminClient

from ethlogs_devnet.kafka.broker import KafkaBroker
from ethlogs_devnet.kafka.runtime import KafkaRuntime
from ethlogs_devnet.ports import LOOPBACK
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

    def __init__(self, state_dir: Path, node_id: int, properties: Mapping[str, str]) -> None:
        super().__init__(state_dir, properties)
        self.node_id = node_id
        self.name = f"kafka {node_id}"

    @property
    def voter(self) -> str:
        """Its place among the controllers."""
        return f"{self.node_id}@{LOOPBACK}:{self.ports[1]}"

    def _create_data(self, runtime: KafkaRuntime) -> None:
        """Anew: in a copy of the prepared folder it would be broker 1."""
        runtime.format(self.files)


class KafkaCluster(Service):
    """Three brokers that hold every partition, two of which have to have a record before it counts.

    It goes on while any one of them is away. ``extra_properties`` are settings of every broker.
    """

    name = "kafka"

    def __init__(self, state_dir: Path, extra_properties: Mapping[str, str] | None = None) -> None:
        extra = {**_REPLICATED, **(extra_properties or {})}
        numbers = range(1, BROKERS + 1)
        self.brokers = [MemberBroker(Path(state_dir) / f"kafka-{n}", n, extra) for n in numbers]
        voters = ",".join(broker.voter for broker in self.brokers)
        for broker in self.brokers:
            broker.extra_properties |= {"node.id": str(broker.node_id), "controller.quorum.voters": voters}

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
    def coordinator(self) -> MemberBroker:
        """The broker that coordinates the transactions: there is one partition of them."""
        client = KafkaAdminClient(bootstrap_servers=self.bootstrap)
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
