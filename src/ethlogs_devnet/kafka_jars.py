"""Kafka's jars: fetched once by the Ivy that pyspark brings, and checked against a committed list."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

from ethlogs_devnet.cache import building_folder, cache_folder, locked
from ethlogs_devnet.errors import DevnetError, MissingToolError
from ethlogs_devnet.progress import Report, silent

KAFKA_VERSION = "4.3.1"
_LOG4J_VERSION = "2.25.4"
_LIST = Path(__file__).with_name("kafka-jars.sha256")
_STAMP = "checked.json"
_ATTEMPTS = 3
_MODULES = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J_VERSION),
    ("org.apache.logging.log4j", "log4j-core", _LOG4J_VERSION),
)
# master,runtime: with the configuration "runtime" alone Ivy leaves the jar of kafka itself out
_DEPENDENCY = '<dependency org="{}" name="{}" rev="{}" conf="default->master,runtime"/>'
_IVY_FILE = f"""<ivy-module version="2.0">
  <info organisation="ethlogs" module="devnet"/>
  <configurations><conf name="default"/></configurations>
  <dependencies>{"".join(_DEPENDENCY.format(*module) for module in _MODULES)}</dependencies>
</ivy-module>
"""


def find_java() -> str:
    """Return the java of JAVA_HOME, else the one on PATH."""
    home = os.environ.get("JAVA_HOME")
    if home and (java := Path(home) / "bin" / "java").exists():
        return str(java)
    if found := shutil.which("java"):
        return found
    raise MissingToolError(
        "Kafka needs Java 17 and there is none", hint="apt-get install openjdk-17-jre-headless"
    )


def kafka_home() -> Path:
    """Return the cache's folder of everything that belongs to this version of Kafka."""
    return cache_folder() / f"kafka-{KAFKA_VERSION}"


def find_kafka_jars(report: Report = silent) -> list[Path]:
    """Return the checked jars, in the order of the list; fetch them first where they are not there."""
    jars = kafka_home() / "jars"
    if not _is_checked(jars):
        with locked("kafka"):
            if not _is_checked(jars):
                report(f"fetching Kafka {KAFKA_VERSION}: about a minute, once")
                _download(jars)
    return [jars / name for name in expected_hashes()]


def expected_hashes() -> dict[str, str]:
    """Return SHA-256 by file name, as committed in kafka-jars.sha256."""
    lines = _LIST.read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def _is_checked(jars: Path) -> bool:
    """Tell whether the jars are those that were hashed, by the sizes and times noted then."""
    try:
        stamp = json.loads((jars / _STAMP).read_text())
        return bool(stamp == _build_stamp(jars))
    except (OSError, ValueError):
        return False


def _build_stamp(jars: Path) -> dict[str, list[int | str]]:
    stats = {name: (digest, (jars / name).stat()) for name, digest in expected_hashes().items()}
    return {name: [digest, stat.st_size, stat.st_mtime_ns] for name, (digest, stat) in stats.items()}


def _download(final: Path) -> None:
    java, ivy = find_java(), _find_ivy()
    with building_folder(final) as folder:
        for attempt in range(1, _ATTEMPTS + 1):
            error = _run_ivy(java, ivy, folder)
            if error is None:
                break
            if attempt == _ATTEMPTS:
                raise DevnetError(
                    f"fetching Kafka {KAFKA_VERSION} failed: {error}", hint="it needs the network, once"
                )
        check_jars(folder)
        (folder / _STAMP).write_text(json.dumps(_build_stamp(folder)))


def check_jars(folder: Path) -> None:
    """Raise DevnetError unless ``folder`` has exactly the jars of the list with exactly their content."""
    expected = expected_hashes()
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        raise DevnetError(f"jars that are not what kafka-jars.sha256 says: {', '.join(wrong)}")


def _run_ivy(java: str, ivy: Path, folder: Path) -> str | None:
    """Fetch the jars into ``folder``; return what Ivy complained of, if it did."""
    work = folder / "ivy"
    work.mkdir(exist_ok=True)
    (work / "ivy.xml").write_text(_IVY_FILE)
    target = str(folder / "[artifact]-[revision](-[classifier]).[ext]")
    command = [java, "-cp", str(ivy), "org.apache.ivy.Main", "-warn", "-ivy", str(work / "ivy.xml")]
    command += ["-cache", str(work / "cache"), "-confs", "default", "-retrieve", target]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return (result.stdout + result.stderr).strip()[-500:]
    shutil.rmtree(work)
    return None


def _find_ivy() -> Path:
    spec = importlib.util.find_spec("pyspark")
    if spec is not None and spec.origin is not None:
        found = sorted((Path(spec.origin).parent / "jars").glob("ivy-*.jar"))
        if found:
            return found[-1]
    raise MissingToolError(
        "Kafka's jars are fetched by the Ivy of pyspark and pyspark is not installed",
        hint="pip install 'ethlogs[devnet]'",
    )
