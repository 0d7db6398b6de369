"""Running Livy: the java command line, the files that it reads, and when it is ready."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet.errors import MissingToolError
from ethlogs_devnet.java import find_java, java_home
from ethlogs_devnet.livy.jars import LIVY_JARS
from ethlogs_devnet.livy.settings import LOG4J, LivyIdentity, to_text
from ethlogs_devnet.ports import LOOPBACK
from ethlogs_devnet.process import ServiceFiles, ServiceProcess
from ethlogs_devnet.progress import Report, silent

_MAIN_CLASS = "org.apache.livy.server.LivyServer"
_START_SECONDS = 90.0
_STARTED = "Starting server on"
_HEAP = "256m"
# ETHLOGS_ and PYSPARK_ settings of the caller would become those of every batch
_FOREIGN = ("ETHLOGS_", "HADOOP_", "KRB5", "LIVY_", "PYSPARK_", "PYTHON", "SPARK_", "YARN_")
_OPENED = ("sun.security.krb5", "sun.security.jgss")
"""Packages that its Kerberos library of 2015 looks into."""


@dataclass(frozen=True)
class LivyFiles(ServiceFiles):
    """The folder of one Livy; it keeps nothing that survives it."""

    @property
    def conf(self) -> Path:
        """LIVY_CONF_DIR."""
        return self.folder / "conf"

    @property
    def scratch(self) -> Path:
        """Temporary files, those of its spark-submits too."""
        return self.folder / "tmp"

    @property
    def ticket_cache(self) -> Path:
        """Where it keeps its ticket."""
        return self.folder / "tickets"

    @property
    def requests(self) -> Path:
        """Where it notes each request; it does not start without."""
        return self.folder / "logs"

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.folder / "livy.log"

    def write(self, settings: Mapping[str, str]) -> None:
        """Write the settings."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.conf, self.scratch, self.requests):
            folder.mkdir(exist_ok=True)
        (self.conf / "livy.conf").write_text(to_text(settings))
        (self.conf / "log4j.properties").write_text(LOG4J)


@dataclass(frozen=True)
class Surroundings:
    """What Livy finds on its machine: Hadoop's settings, and a Spark with its own."""

    hadoop_conf: Path
    spark_home: Path
    spark_conf: Path


@dataclass(frozen=True)
class LivyRuntime:
    """A java with Livy's jars; with ``identity`` it uses Kerberos."""

    java: str
    jars: Sequence[Path]
    identity: LivyIdentity | None = None

    def command(self, files: LivyFiles, surroundings: Surroundings) -> list[str]:
        """Return the command line."""
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", f"-Xmx{_HEAP}"]
        options = ["-XX:+PerfDisableSharedMem", "-Djava.net.preferIPv4Stack=true"]
        options += [f"-Djava.io.tmpdir={files.scratch}", *self._kerberos_options()]
        if self.identity is not None:
            options += [f"--add-opens=java.security.jgss/{name}=ALL-UNNAMED" for name in _OPENED]
        class_path = ":".join(map(str, [files.conf, surroundings.hadoop_conf, *self.jars]))
        return [self.java, *quick, *options, "-cp", class_path, _MAIN_CLASS]

    def environment(self, files: LivyFiles, surroundings: Surroundings) -> dict[str, str]:
        """Return its environment, which its spark-submits inherit."""
        # its first act is a spark-submit too, which it waits for
        of_submits = [
            "-XX:TieredStopAtLevel=1",
            f"-Djava.io.tmpdir={files.scratch}",
            *self._kerberos_options(),
        ]
        own = {
            "JAVA_HOME": java_home(self.java),
            "LIVY_HOME": files.folder,
            "LIVY_CONF_DIR": files.conf,
            "HADOOP_CONF_DIR": surroundings.hadoop_conf,
            "SPARK_HOME": surroundings.spark_home,
            "SPARK_CONF_DIR": surroundings.spark_conf,
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_SUBMIT_OPTS": " ".join(of_submits),
        }
        if self.identity is not None:
            own |= {"KRB5_CONFIG": self.identity.krb5_conf, "KRB5CCNAME": f"FILE:{files.ticket_cache}"}
        others = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {**others, **{name: str(value) for name, value in own.items()}}

    def _kerberos_options(self) -> list[str]:
        return [] if self.identity is None else [f"-Djava.security.krb5.conf={self.identity.krb5_conf}"]


def find_livy(report: Report = silent) -> LivyRuntime:
    """Return a java with Livy's jars, fetched where they are not in the cache."""
    return LivyRuntime(find_java(), LIVY_JARS.find(report))


def find_spark_home() -> Path:
    """Return the folder of pyspark, a whole Spark."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise MissingToolError(
            "Livy runs spark-submit and pyspark is not installed", hint="pip install ethlogs-devnet"
        )
    return Path(spec.origin).parent


def wait_until_started(process: ServiceProcess) -> None:
    """Return when it serves; raise DevnetError where that does not happen."""
    process.wait_until_started(_STARTED, _START_SECONDS)
