"""One Kafka broker (KRaft, one process) on the loopback address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ethlogs_devnet.kafka.runtime import KafkaFiles, KafkaRuntime, wait_until_started
from ethlogs_devnet.kafka.settings import build_properties
from ethlogs_devnet.kafka.warm import create_data, find_kafka
from ethlogs_devnet.ports import LOOPBACK, find_free_ports
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.service import OneProcess


class KafkaBroker(OneProcess):
    """A broker process and its data, with the same ports for its whole life.

    ``state_dir`` keeps data, log and settings. ``extra_properties`` are broker settings that come on top
    of (or instead of) the devnet's own, an authorizer's for example; a change counts from the next start.
    """

    name = "kafka"
    listens_on = LOOPBACK

    def __init__(self, state_dir: Path, extra_properties: Mapping[str, str] | None = None) -> None:
        self.files = KafkaFiles(Path(state_dir))
        self.extra_properties = dict(extra_properties or {})
        self._broker_port, self._controller_port = find_free_ports(2)
        self._process = ServiceProcess(self.name, self.files.log)

    @property
    def bootstrap(self) -> str:
        """``host:port`` for clients."""
        return f"{self.listens_on}:{self._broker_port}"

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on: clients', controller's."""
        return [self._broker_port, self._controller_port]

    def environment(self) -> dict[str, str]:
        """Return the settings that point ethlogs at this broker."""
        return {"ETHLOGS_BOOTSTRAP_SERVER": self.bootstrap, "ETHLOGS_CREATE_TOPICS": "true"}

    def start(self) -> None:
        """Start it, with a new cluster if the data folder is new, and wait until it serves clients."""
        runtime = find_kafka()
        ports = (self._broker_port, self._controller_port)
        self.files.write(build_properties(self.files.data, ports, self._build_extra()))
        if not (self.files.data / "meta.properties").exists():
            self._create_data(runtime)
        self._process.start(runtime.broker_command(self.files, self._jvm_options()))
        wait_until_started(self._process)

    def _create_data(self, runtime: KafkaRuntime) -> None:
        create_data(runtime, self.files.data)

    def _build_extra(self) -> dict[str, str]:
        return self.extra_properties

    def _jvm_options(self) -> list[str]:
        return []
