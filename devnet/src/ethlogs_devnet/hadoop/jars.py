"""Hadoop's jars, and the classes of the devnet's own beside them, compiled once and kept with them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet.cache import building_folder
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.java import find_javac
from ethlogs_devnet.maven import JarSet, Module
from ethlogs_devnet.progress import Report, silent

HADOOP_VERSION = "3.5.0"
MAIN_CLASS = "HadoopMain"
_GROUP = "org.apache.hadoop"
_MAIN = tuple(Path(__file__).with_name(f"{name}.java") for name in (MAIN_CLASS, "LocalFiles"))
_STAND_IN = Path(__file__).with_name("SecureIOUtils.java")

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


@dataclass(frozen=True)
class HadoopClasses:
    """Folders of compiled classes: those of the daemons, and one that replaces Hadoop's with Kerberos."""

    main: Path
    stand_in: Path


def find_classes(jars: Sequence[Path], report: Report = silent) -> HadoopClasses:
    """Return the compiled classes; compile them first where they are not in the cache."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in (*_MAIN, _STAND_IN))).hexdigest()[:12]
    final = HADOOP_JARS.home / f"classes-{digest}"
    if not final.exists():
        with HADOOP_JARS.lock():
            if not final.exists():
                report("compiling Hadoop's main class: some seconds, once")
                with building_folder(final) as folder:
                    _compile(jars, folder / "main", *_MAIN)
                    _compile(jars, folder / "stand-in", _STAND_IN)
    return HadoopClasses(final / "main", final / "stand-in")


def _compile(jars: Sequence[Path], folder: Path, *sources: Path) -> None:
    # -proc:none: some of the jars bring annotation processors
    options = ["--release", "17", "-proc:none", "-nowarn", "-d", str(folder)]
    command = [find_javac(), *options, "-cp", ":".join(map(str, jars)), *map(str, sources)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DevnetError(f"compiling {sources[0].name} failed: {result.stderr.strip()[-500:]}")
