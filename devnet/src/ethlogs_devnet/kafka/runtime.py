"""Running Kafka's programs: the java command line, the files that they read, and when a broker is ready."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.kafka.settings import LOG4J, to_properties_text
from ethlogs_devnet.process import ServiceFiles, ServiceProcess

CLUSTER_ID = "ZXRobG9ncy1kZXZuZXQAAA"
_START_SECONDS = 90.0
_STARTED = "Kafka Server started"
_HEAP = "384m"


@dataclass(frozen=True)
class KafkaFiles(ServiceFiles):
    """The folder of one broker; its data are topics and metadata."""

    @property
    def scratch(self) -> Path:
        """The broker's temporary files: the native parts of its codecs, Kerberos' replay cache."""
        return self.folder / "tmp"

    @property
    def properties(self) -> Path:
        """The broker's settings."""
        return self.folder / "server.properties"

    @property
    def log4j(self) -> Path:
        """What is logged."""
        return self.folder / "log4j2.properties"

    @property
    def log(self) -> Path:
        """What the broker wrote."""
        return self.folder / "kafka.log"

    def write(self, properties: Mapping[str, str]) -> None:
        """Write the settings; only the user can read them (they may hold passwords)."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.scratch.mkdir(exist_ok=True)
        self.properties.touch(mode=0o600)
        self.properties.write_text(to_properties_text(properties))
        self.log4j.write_text(LOG4J)


@dataclass(frozen=True)
class KafkaRuntime:
    """A java with Kafka's jars; ``options`` are the JVM's that make it start faster."""

    java: str
    jars: Sequence[Path]
    options: Sequence[str] = ()

    def broker_command(self, files: KafkaFiles, options: Sequence[str] = ()) -> list[str]:
        """Return the command line of a broker."""
        heap = [f"-Xms{_HEAP}", f"-Xmx{_HEAP}", "-Djava.net.preferIPv4Stack=true"]
        return self._command(files, [*heap, *self.options, *options], ["kafka.Kafka", str(files.properties)])

    def format(self, files: KafkaFiles) -> None:
        """Make a new cluster's data folder."""
        arguments = ["format", "-t", CLUSTER_ID, "-c", str(files.properties)]
        command = self._command(files, self.options, ["kafka.tools.StorageTool", *arguments])
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise DevnetError(f"formatting Kafka's data folder failed: {result.stderr.strip()[-500:]}")

    def _command(self, files: KafkaFiles, options: Sequence[str], program: Sequence[str]) -> list[str]:
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        # a JVM has its counters below /tmp unless an option keeps them away
        private = ["-XX:+PerfDisableSharedMem", f"-Djava.io.tmpdir={files.scratch}"]
        log4j = f"-Dlog4j2.configurationFile={files.log4j}"
        return [self.java, *quick, *private, *options, log4j, "-cp", ":".join(map(str, self.jars)), *program]


def wait_until_started(process: ServiceProcess) -> None:
    """Return when the broker serves clients, which its log says; raise DevnetError where it does not."""
    process.wait_until_started(_STARTED, _START_SECONDS)
