"""What makes Hadoop's daemons start with less CPU: an archive of the classes that they load.

It is made once for each java and kept in the cache.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from ethlogs_devnet.cache import building_folder
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.hadoop.jars import HADOOP_JARS, find_classes
from ethlogs_devnet.hadoop.runtime import HadoopFiles, HadoopRuntime, find_user, wait_until_started
from ethlogs_devnet.hadoop.settings import HadoopPorts, Node, build_site
from ethlogs_devnet.java import find_java
from ethlogs_devnet.ports import find_free_ports
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.progress import Report, silent

_ARCHIVE = "classes.jsa"
_END_SECONDS = 90.0
"""Writing the archive takes seconds, and more on a busy machine."""


def find_hadoop(report: Report = silent) -> HadoopRuntime:
    """Return a java with Hadoop's jars; fetch, compile and prepare what is not in the cache."""
    jars = HADOOP_JARS.find(report)
    runtime = HadoopRuntime(find_java(), [find_classes(jars, report), *jars])
    warm = _warm_folder(runtime)
    if not warm.exists():
        with HADOOP_JARS.lock():
            if not warm.exists():
                report("preparing quick starts of Hadoop: some seconds, once")
                _prepare(runtime, warm)
    # nothing is said of an archive that does not fit
    return replace(runtime, options=[f"-XX:SharedArchiveFile={warm / _ARCHIVE}", "-Xlog:disable"])


def _warm_folder(runtime: HadoopRuntime) -> Path:
    files = [Path(runtime.java).resolve(), *runtime.jars]
    what = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return HADOOP_JARS.home / f"warm-{hashlib.sha256(repr(what).encode()).hexdigest()[:12]}"


def _prepare(runtime: HadoopRuntime, warm: Path) -> None:
    """Run the daemons once, and let their JVM write down its classes as it ends."""
    with building_folder(warm) as result, tempfile.TemporaryDirectory(prefix="ethlogs-devnet-") as scratch:
        archive = result / _ARCHIVE
        files = HadoopFiles(Path(scratch))
        ports = HadoopPorts(*find_free_ports(len(HadoopPorts._fields)))
        user = find_user()
        files.write(build_site(Node(files.data, ports, user), {}))
        process = ServiceProcess("hadoop", files.log)
        command = runtime.command(files, [user], [f"-XX:ArchiveClassesAtExit={archive}"])
        process.start(command, runtime.environment(files))
        try:
            wait_until_started(process)
        finally:
            process.stop(_END_SECONDS)
        if not archive.exists():
            raise DevnetError(f"preparing quick starts of Hadoop failed: {process.new_output()[-500:]}")
