"""What makes a broker start in under 2 s instead of 5, prepared once for each java and kept in the cache.

A class data sharing archive of the classes that a broker loads, and the data folder of a new cluster.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from ethlogs_devnet.cache import building_folder
from ethlogs_devnet.java import find_java
from ethlogs_devnet.kafka.jars import KAFKA_JARS
from ethlogs_devnet.kafka.runtime import KafkaFiles, KafkaRuntime, wait_until_started
from ethlogs_devnet.kafka.settings import build_properties
from ethlogs_devnet.ports import find_free_ports
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.progress import Report, silent

_ARCHIVE = "classes.jsa"
_NEW_CLUSTER = "new-cluster"


def find_kafka(report: Report = silent) -> KafkaRuntime:
    """Return a java with Kafka's jars, fetched and prepared where they are not in the cache."""
    runtime = KafkaRuntime(find_java(), KAFKA_JARS.find(report))
    warm = _warm_folder(runtime)
    if not warm.exists():
        with KAFKA_JARS.lock():
            if not warm.exists():
                report("preparing quick starts of Kafka: some seconds, once")
                _prepare(runtime, warm)
    return replace(runtime, options=[f"-XX:SharedArchiveFile={warm / _ARCHIVE}", "-Xlog:cds=off"])


def create_data(runtime: KafkaRuntime, data: Path) -> None:
    """Make a new cluster's data folder: a copy of the prepared one."""
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(_warm_folder(runtime) / _NEW_CLUSTER, data)


def _warm_folder(runtime: KafkaRuntime) -> Path:
    java = Path(runtime.java).resolve()
    stat = java.stat()
    what = f"{java} {stat.st_size} {stat.st_mtime_ns} {[str(jar) for jar in runtime.jars]}"
    return KAFKA_JARS.home / f"warm-{hashlib.sha256(what.encode()).hexdigest()[:12]}"


def _prepare(runtime: KafkaRuntime, warm: Path) -> None:
    """Run a broker once, let it write down its classes as it ends, and keep its data folder's beginning."""
    with building_folder(warm) as result, tempfile.TemporaryDirectory(prefix="ethlogs-devnet-") as scratch:
        files = KafkaFiles(Path(scratch))
        files.write(build_properties(files.data, find_free_ports(2), {}))
        runtime.format(files)
        shutil.copytree(files.data, result / _NEW_CLUSTER)
        process = ServiceProcess("kafka", files.log)
        process.start(runtime.broker_command(files, [f"-XX:ArchiveClassesAtExit={result / _ARCHIVE}"]))
        try:
            wait_until_started(process)
        finally:
            process.stop()
