"""Hadoop's jars, and a jar of the devnet's own classes beside them, compiled once and kept with them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
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
_CLASSES = (MAIN_CLASS, "LocalFiles", "SecureIOUtils")
_SOURCES = tuple(Path(__file__).with_name(f"{name}.java") for name in _CLASSES)

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
    Path(__file__).with_name("jars.sha256"),
    "some minutes",
)


def find_classes(jars: Sequence[Path], report: Report = silent) -> Path:
    """Return the jar of the devnet's classes; compile them first where they are not in the cache.

    It comes before Hadoop's jars: one class is there to replace Hadoop's.
    """
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in _SOURCES)).hexdigest()[:12]
    final = HADOOP_JARS.home / f"devnet-{digest}" / "devnet.jar"
    if not final.exists():
        with HADOOP_JARS.lock():
            if not final.exists():
                report("compiling Hadoop's main class: some seconds, once")
                with building_folder(final.parent) as folder:
                    _compile(jars, folder / final.name)
    return final


def _compile(jars: Sequence[Path], jar: Path) -> None:
    # -proc:none: some of the jars bring annotation processors
    with tempfile.TemporaryDirectory(prefix="ethlogs-devnet-") as classes:
        options = ["--release", "17", "-proc:none", "-nowarn", "-d", classes]
        command = [find_javac(), *options, "-cp", ":".join(map(str, jars)), *map(str, _SOURCES)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise DevnetError(f"compiling {_SOURCES[0].name} failed: {result.stderr.strip()[-500:]}")
        shutil.make_archive(str(jar), "zip", classes)
    jar.with_name(f"{jar.name}.zip").rename(jar)
