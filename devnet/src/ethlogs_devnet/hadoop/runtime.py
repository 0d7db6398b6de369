"""Running Hadoop's daemons: the java command line, the files that they read, and when they are ready."""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet.hadoop.jars import MAIN_CLASS
from ethlogs_devnet.hadoop.kerberos import HadoopIdentity
from ethlogs_devnet.hadoop.settings import (
    DAEMON_FILES,
    LOG4J,
    SPARK_DEFAULTS,
    Site,
    scratch_folder,
    site_file,
    to_spark_defaults,
    to_xml,
)
from ethlogs_devnet.java import java_home
from ethlogs_devnet.process import ServiceFiles, ServiceProcess

_START_SECONDS = 120.0
_STARTED = "HDFS and YARN started"
_HEAP = "384m"
_FOREIGN = ("HADOOP_", "HDFS_", "YARN_")
_WEBAPPS = ("hdfs", "datanode", "static")


@dataclass(frozen=True)
class HadoopFiles(ServiceFiles):
    """The folder of one cluster; its data are HDFS's blocks and names, and YARN's containers' folders."""

    @property
    def conf(self) -> Path:
        """The settings of daemons and clients."""
        return self.folder / "conf"

    @property
    def daemon_conf(self) -> Path:
        """What the daemons alone read."""
        return self.folder / "daemon-conf"

    @property
    def spark_conf(self) -> Path:
        """Spark's settings."""
        return self.folder / "spark-conf"

    @property
    def log(self) -> Path:
        """What the daemons wrote."""
        return self.folder / "hadoop.log"

    def write(self, site: Site) -> None:
        """Write the settings."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (scratch_folder(self.data), self.conf, self.daemon_conf, self.spark_conf):
            folder.mkdir(parents=True, exist_ok=True)
        for name, properties in site.items():
            (self.conf / site_file(name)).write_text(to_xml(properties))
        (self.spark_conf / "spark-defaults.conf").write_text(to_spark_defaults(SPARK_DEFAULTS))
        (self.daemon_conf / "log4j.properties").write_text(LOG4J)
        (self.daemon_conf / site_file("daemon")).write_text(to_xml(DAEMON_FILES))
        for webapp in _WEBAPPS:  # which the jars of Maven lack, and without which HDFS does not start
            (self.daemon_conf / "webapps" / webapp).mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True)
class HadoopRuntime:
    """A java with the jars of the devnet's classes and of Hadoop, in this order.

    ``options`` are the JVM's that make it start faster; with ``identity`` the daemons use Kerberos.
    """

    java: str
    jars: Sequence[Path]
    options: Sequence[str] = ()
    identity: HadoopIdentity | None = None

    def command(self, files: HadoopFiles, users: Sequence[str], more: Sequence[str] = ()) -> list[str]:
        """Return the command line of all daemons in one JVM; ``users`` get a folder on HDFS."""
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", f"-Xmx{_HEAP}", "-Xss512k"]
        options = [*self.options, *more, "-XX:+PerfDisableSharedMem", "-Djava.net.preferIPv4Stack=true"]
        folders = [f"-D{name}.log.dir={files.folder}" for name in ("hadoop", "yarn")]
        folders.append(f"-Djava.io.tmpdir={scratch_folder(files.data)}")
        # a folder ends what an archive of classes may cover, so jars come first; no file is in both
        class_path = ":".join(map(str, [*self.jars, files.daemon_conf, files.conf]))
        return [self.java, *quick, *options, *folders, "-cp", class_path, MAIN_CLASS, _STARTED, *users]

    def environment(self, files: HadoopFiles) -> dict[str, str]:
        """Return the daemons' environment; YARN gives its containers the same JAVA_HOME."""
        own = {"JAVA_HOME": java_home(self.java), "HADOOP_CONF_DIR": files.conf, "HADOOP_HOME": files.folder}
        # HADOOP_USER_NAME, for one, would make the daemons another user's
        others = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        of_realm = {} if self.identity is None else self.identity.environment()
        return {**others, **{name: str(path) for name, path in own.items()}, **of_realm}


def find_user() -> str:
    """Return who runs the daemons: as Hadoop does, whatever $USER says."""
    return pwd.getpwuid(os.getuid()).pw_name


def wait_until_started(process: ServiceProcess) -> None:
    """Return when HDFS can be written to and YARN has a node; raise DevnetError where it does not happen."""
    process.wait_until_started(_STARTED, _START_SECONDS)
