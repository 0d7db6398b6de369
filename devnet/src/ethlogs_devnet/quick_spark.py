"""What makes a driver on this machine start sooner: an archive of the classes that its JVM loads.

It is made once for each java and Spark, and kept in the cache. A JVM with another class path ignores it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.java import find_java
from ethlogs_devnet.livy.runtime import find_spark_home
from ethlogs_devnet.ports import LOOPBACK
from ethlogs_devnet.progress import Report, silent

_ARCHIVE = "classes.jsa"
_LOCK = "quick-spark"
_JOB = "from pyspark import SparkContext\n\nSparkContext.getOrCreate().stop()\n"


def find_quick_spark(report: Report = silent) -> str:
    """Return the options of Java to put into SPARK_SUBMIT_OPTS; make the archive where it is not there."""
    home = find_spark_home()
    folder = _folder(home)
    if not folder.exists():
        with locked(_LOCK):
            if not folder.exists():
                report("preparing quick starts of Spark: some seconds, once")
                with building_folder(folder) as result:
                    _make(home, result / _ARCHIVE)
    # nothing is said of an archive that does not fit
    return f"-XX:SharedArchiveFile={folder / _ARCHIVE} -Xlog:disable"


def _folder(home: Path) -> Path:
    files = [Path(find_java()).resolve(), *sorted((home / "jars").glob("*.jar"))]
    what = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return cache_folder() / f"quick-spark-{hashlib.sha256(repr(what).encode()).hexdigest()[:12]}"


def _make(home: Path, archive: Path) -> None:
    """Begin and end a SparkContext in a JVM that writes down its classes as it ends."""
    others = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYSPARK_", "SPARK_"))
    }
    own = {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_SUBMIT_OPTS": f"-XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit={archive}",
    }
    with tempfile.TemporaryDirectory(prefix="ethlogs-devnet-") as scratch:
        job = Path(scratch) / "job.py"
        job.write_text(_JOB)
        command = [str(home / "bin" / "spark-submit"), "--master", "local[*]"]
        command += ["--conf", "spark.ui.enabled=false", str(job)]
        result = subprocess.run(
            command, env={**others, **own}, cwd=scratch, capture_output=True, text=True, check=False
        )
    if result.returncode != 0 or not archive.exists():
        raise DevnetError(f"preparing quick starts of Spark failed: {result.stderr.strip()[-500:]}")
