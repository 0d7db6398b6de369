"""Hadoop's jars, and the main class that runs its daemons, compiled once and kept beside them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ethlogs_devnet.cache import building_folder
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.java import find_javac
from ethlogs_devnet.maven import JarSet, Module
from ethlogs_devnet.progress import Report, silent

HADOOP_VERSION = "3.5.0"
MAIN_CLASS = "HadoopMain"
_GROUP = "org.apache.hadoop"
_SOURCE = Path(__file__).with_name(f"{MAIN_CLASS}.java")

HADOOP_JARS = JarSet(
    "Hadoop",
    HADOOP_VERSION,
    (
        Module(_GROUP, "hadoop-common", HADOOP_VERSION),
        Module(_GROUP, "hadoop-hdfs", HADOOP_VERSION),
        Module(_GROUP, "hadoop-yarn-server-resourcemanager", HADOOP_VERSION),
        Module(_GROUP, "hadoop-yarn-server-nodemanager", HADOOP_VERSION),
        # the ResourceManager loads classes of it, whether it is used or not
        Module(_GROUP, "hadoop-yarn-server-timelineservice", HADOOP_VERSION),
    ),
    Path(__file__).with_name("hadoop-jars.sha256"),
    "some minutes",
)


def find_main_class(jars: Sequence[Path], report: Report = silent) -> Path:
    """Return the folder with the compiled main class; compile it first where it is not in the cache."""
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12]
    classes = HADOOP_JARS.home / f"classes-{digest}"
    if not classes.exists():
        with HADOOP_JARS.lock():
            if not classes.exists():
                report("compiling Hadoop's main class: some seconds, once")
                _compile(jars, classes)
    return classes


def _compile(jars: Sequence[Path], final: Path) -> None:
    javac = find_javac()
    with building_folder(final) as folder:
        # -proc:none: some of the jars bring annotation processors
        options = ["--release", "17", "-proc:none", "-nowarn", "-d", str(folder)]
        command = [javac, *options, "-cp", ":".join(map(str, jars)), str(_SOURCE)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise DevnetError(f"compiling {_SOURCE.name} failed: {result.stderr.strip()[-500:]}")
