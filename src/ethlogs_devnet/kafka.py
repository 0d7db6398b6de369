"""One Kafka broker (KRaft, one process) on the loopback address."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.kafka_jars import find_java, find_kafka_jars
from ethlogs_devnet.kafka_settings import LOG4J, build_properties, to_properties_text
from ethlogs_devnet.ports import LOOPBACK, find_free_ports
from ethlogs_devnet.process import ServiceProcess

_START_SECONDS = 90.0
_STARTED = re.compile(r"Kafka Server started")
_CLUSTER_ID = "ZXRobG9ncy1kZXZuZXQAAA"
_FAST_START = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
_HEAP = "384m"


class KafkaBroker:
    """A broker process and its data, with the same ports for its whole life.

    ``state_dir`` keeps data, log and settings. ``extra_properties`` are broker settings that come on top
    of (or instead of) the devnet's own, an authorizer's for example.
    """

    name = "kafka"

    def __init__(self, state_dir: Path, extra_properties: Mapping[str, str] | None = None) -> None:
        self.state_dir = Path(state_dir)
        self.extra_properties = dict(extra_properties or {})
        self._broker_port, self._controller_port = find_free_ports(2)
        self._process = ServiceProcess("kafka", self.state_dir / "kafka.log")

    @property
    def bootstrap(self) -> str:
        """``host:port`` for clients."""
        return f"{LOOPBACK}:{self._broker_port}"

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on."""
        return [self._broker_port, self._controller_port]

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid

    @property
    def data_dir(self) -> Path:
        """The folder of topics and metadata."""
        return self.state_dir / "data"

    def environment(self) -> dict[str, str]:
        """Return the settings that point ethlogs at this broker."""
        return {"ETHLOGS_BOOTSTRAP_SERVER": self.bootstrap, "ETHLOGS_CREATE_TOPICS": "true"}

    def start(self) -> None:
        """Start it, with a new cluster if the data folder is new, and wait until it serves clients."""
        java = [find_java(), *_FAST_START]
        class_path = ":".join(map(str, find_kafka_jars()))
        self._write_settings()
        java += [f"-Dlog4j2.configurationFile={self._log4j}", "-cp", class_path]
        if not (self.data_dir / "meta.properties").exists():
            self._format(java)
        heap = [
            f"-Xms{_HEAP}",
            f"-Xmx{_HEAP}",
            "-XX:+PerfDisableSharedMem",
            "-Djava.net.preferIPv4Stack=true",
        ]
        self._process.start([java[0], *heap, *java[1:], "kafka.Kafka", str(self._properties)])
        self._wait_until_ready()

    def stop(self) -> None:
        """End it gently."""
        self._process.stop()

    def kill(self) -> None:
        """End it at once by SIGKILL."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again on the same ports and data, after a kill or while it runs."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections are accepted by the kernel and never answered."""
        self._process.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.thaw()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _properties(self) -> Path:
        return self.state_dir / "server.properties"

    @property
    def _log4j(self) -> Path:
        return self.state_dir / "log4j2.properties"

    def _write_settings(self) -> None:
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        properties = build_properties(
            self.data_dir, self._broker_port, self._controller_port, self.extra_properties
        )
        self._properties.write_text(to_properties_text(properties))
        self._properties.chmod(0o600)
        self._log4j.write_text(LOG4J)

    def _format(self, java: list[str]) -> None:
        shutil.rmtree(self.data_dir, ignore_errors=True)
        command = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(self._properties)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise DevnetError(f"formatting Kafka's data folder failed: {result.stderr.strip()[-500:]}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self._process.is_alive():
                raise self._process.failure("ended while it was starting")
            if _STARTED.search(self._process.new_output()):
                return
            time.sleep(0.05)
        self._process.kill()
        raise self._process.failure(f"was not ready within {_START_SECONDS:.0f} s")
