"""The Java that spark-submit will use: found and checked before anything starts."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ethlogs.errors import SettingsError

MINIMUM_VERSION = {3: 8, 4: 17}
"""By Spark's major version, as its documentation requires."""

_HADOOP_WITHOUT_SUBJECT = (3, 5, 0)
_LAST_WITH_SUBJECT = 23
"""Java 24 took Subject.getSubject away, by which earlier versions of Hadoop know who their user is."""

_INSTALL = "install a JDK or JRE 17, like apt-get install openjdk-17-jre-headless, or set JAVA_HOME to one"

_OTHER_FILES = 128
"""What a JVM opens beside the jars of its class path: modules, logs, connections."""


@dataclass(frozen=True)
class Java:
    """A Java runtime."""

    path: str
    version: int


def find_java(environment: Mapping[str, str]) -> Java:
    """JAVA_HOME's java, else the one on PATH.

    Raises
    ------
    SettingsError
        When there is none, or it does not say its version.
    """
    home = environment.get("JAVA_HOME")
    path = str(Path(home) / "bin" / "java") if home else shutil.which("java", path=environment.get("PATH"))
    if path is None:
        raise SettingsError("Java is not installed, and spark-submit needs it", hint=_INSTALL)
    try:
        finished = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        where = f"JAVA_HOME={home}" if home else path
        raise SettingsError(f"Java cannot be run ({where}): {exc}", hint=_INSTALL) from exc
    return Java(path, parse_version(finished.stderr + finished.stdout, path))


def parse_version(text: str, path: str) -> int:
    """The major version in the output of ``java -version``: 8 for 1.8.0_392, 17 for 17.0.15.

    Raises
    ------
    SettingsError
        When there is none in it.
    """
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    if match is None:
        raise SettingsError(
            f"{path} -version does not say its version: {text.strip()[:200]!r}", hint=_INSTALL
        )
    return int(match.group(1))


def check_java(java: Java, spark_version: str, spark_home: Path | None = None) -> None:
    """Refuse a Java that is too old for this Spark, too new for its Hadoop, or may open too few files.

    Raises
    ------
    SettingsError
        With what to install.
    """
    major = int(spark_version.split(".")[0])
    needed = MINIMUM_VERSION.get(major, max(MINIMUM_VERSION.values()))
    if java.version < needed:
        raise SettingsError(
            f"{java.path} is Java {java.version}, and Spark {spark_version} needs {needed} or later",
            hint=_INSTALL,
        )
    hadoop = None if spark_home is None else _find_hadoop_version(spark_home)
    if hadoop is not None and hadoop < _HADOOP_WITHOUT_SUBJECT and java.version > _LAST_WITH_SUBJECT:
        version = ".".join(map(str, hadoop))
        raise SettingsError(
            f"{java.path} is Java {java.version}, and Hadoop {version} of Spark {spark_version} needs"
            f" {_LAST_WITH_SUBJECT} or earlier",
            hint=_INSTALL,
        )
    if spark_home is not None:
        _check_open_files(spark_home)


def _check_open_files(spark_home: Path) -> None:
    """Refuse a hard limit that is too low for the JVM, which raises its soft one by itself."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    needed = sum(1 for _ in (spark_home / "jars").glob("*.jar")) + _OTHER_FILES
    if limit != resource.RLIM_INFINITY and limit < needed:
        raise SettingsError(
            f"a process may open {limit} files here, and Spark's JVM needs {needed}: it holds its jars open",
            hint="raise the limit: ulimit -Hn, LimitNOFILE= of a systemd unit, or nofile in limits.conf",
        )


def _find_hadoop_version(spark_home: Path) -> tuple[int, ...] | None:
    """By its jar; a Spark without its own Hadoop has none."""
    for jar in (spark_home / "jars").glob("hadoop-client-api-*.jar"):
        match = re.match(r"hadoop-client-api-(\d+)\.(\d+)\.(\d+)", jar.name)
        if match is not None:
            return tuple(int(part) for part in match.groups())
    return None
