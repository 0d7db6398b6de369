"""spark-submit: found, its command line built by a pure function, run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ethlogs.errors import SettingsError, SubmissionError
from ethlogs.settings.submission import SparkSettings

_LOCAL_CONF = {
    # A run that only follows uses no executor and shows its progress itself.
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}

TASK_CONF = {"spark.task.maxFailures": "1"}
"""A lost task comes back to ethlogs, which ends the transaction that it left open before it runs again.

Spark alone would start it again when some executor has room, and consumers would wait for that.
"""

PYTHON, DRIVER_PYTHON = "spark.pyspark.python", "spark.pyspark.driver.python"
AM_PYTHON = "spark.yarn.appMasterEnv.PYSPARK_PYTHON"

_LOCAL_CLUSTER = re.compile(r"local-cluster\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*]")
_LOCAL_THREADS = re.compile(r"local(\[(\*|[1-9]\d{0,5})(,\s*[1-9]\d{0,5})?])?", re.ASCII)
_NEWEST_PYTHON = (((4, 1), (3, 14)), ((4, 0), (3, 13)), ((3, 5), (3, 11)))
"""The newest Python of each Spark: 3.5 serializes functions with a cloudpickle that knows none later."""
ONE_COMPILER = "-XX:TieredStopAtLevel=1"
"""Java's second compiler takes half of the processor while a JVM of Spark loads its classes, for code that
never runs long enough to gain from it: the work is Python's."""
DRIVER_JAVA, EXECUTOR_JAVA = "spark.driver.defaultJavaOptions", "spark.executor.defaultJavaOptions"
"""What Spark puts before spark.driver.extraJavaOptions and the executors': a user's option comes later, and
counts."""
_KEPT_HERE = ("ETHLOGS_", "PYSPARK_", "PYTHON")


@dataclass(frozen=True)
class SparkSubmit:
    """A spark-submit, and which Spark it is of."""

    path: str
    version: str


@dataclass(frozen=True)
class Master:
    """The Spark master that runs the driver, and where it was named."""

    url: str
    why: str


class LocalCluster(NamedTuple):
    """The executors of a master ``local-cluster[…]``."""

    executors: int
    cores: int
    """Of each executor."""
    memory_mib: int
    """Of each executor."""


def parse_local_cluster(master: str) -> LocalCluster | None:
    """Return the executors on this machine that a master names; ``None`` where it is another kind."""
    match = _LOCAL_CLUSTER.fullmatch(master)
    return LocalCluster(*map(int, match.groups())) if match else None


def find_spark_submit(wanted: str | None, environment: Mapping[str, str]) -> SparkSubmit:
    """``--spark-submit``, else SPARK_HOME's, else the one on PATH, else pyspark's.

    Raises
    ------
    SettingsError
        When there is none, or it cannot be run.
    """
    for path in _candidates(wanted, environment):
        if path:
            return SparkSubmit(path, _fetch_version(path, environment))
    raise SettingsError(
        "spark-submit is not installed",
        hint="pip install 'ethlogs[spark]', or set SPARK_HOME, or give --spark-submit PATH",
    )


def choose_master(settings: SparkSettings, spark: SparkSubmit, environment: Mapping[str, str]) -> Master:
    """The flag, else spark-defaults, else YARN where Hadoop is configured, else this machine.

    Raises
    ------
    SettingsError
        On a machine that looks like a cluster's but does not say where the cluster is.
    """
    if settings.master:
        return Master(settings.master, "set by --master, ETHLOGS_MASTER or ethlogs.toml")
    for path in _properties_files(settings, spark, environment):
        found = read_properties(path).get("spark.master")
        if found:
            return Master(found, f"from {path}")
    for variable in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        if environment.get(variable):
            return Master("yarn", f"{variable} is set")
    if Path("/etc/hadoop/conf").is_dir():
        raise SettingsError(
            "this machine has /etc/hadoop/conf, but HADOOP_CONF_DIR is not set",
            hint="export HADOOP_CONF_DIR=/etc/hadoop/conf to run on YARN, or give --master local[*]",
        )
    return Master("local[*]", "no Hadoop configuration was found")


def is_local(master: str) -> bool:
    """Return whether the driver runs on this machine, like with local[*]."""
    return any(form.fullmatch(master) for form in (_LOCAL_THREADS, _LOCAL_CLUSTER))


def build_argv(
    spark: SparkSubmit,
    settings: SparkSettings,
    master: str,
    name: str,
    folder: Path,
    configured: Mapping[str, str],
) -> list[str]:
    """The whole command line; it holds no setting of the run, which travel in the run's folder.

    ``configured`` is what spark-defaults and --properties-file say.
    """
    argv = [spark.path, "--master", master, "--name", settings.name or name]
    if settings.driver_memory:
        argv += ["--driver-memory", settings.driver_memory]
    if settings.properties_file:
        argv += ["--properties-file", settings.properties_file]
    conf = {
        **_LOCAL_CONF,
        **_executor_conf(master, configured),
        **python_conf(sys.executable, dict(settings.conf)),
        **dict(settings.conf),
    }
    for key, value in sorted(conf.items()):
        argv += ["--conf", f"{key}={value}"]
    return [*argv, str(driver_script()), str(folder)]


def _executor_conf(master: str, configured: Mapping[str, str]) -> dict[str, str]:
    """Give an executor of a local cluster all of its worker's memory: with Spark's 1g it may never start."""
    local_cluster = parse_local_cluster(master)
    if local_cluster is None:
        return {}
    java = {} if EXECUTOR_JAVA in configured else {EXECUTOR_JAVA: ONE_COMPILER}
    return {"spark.executor.memory": f"{local_cluster.memory_mib}m", **java, **TASK_CONF}


def read_configured(
    settings: SparkSettings, spark: SparkSubmit, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return what --properties-file, else spark-defaults, says."""
    return {
        key: value
        for path in _properties_files(settings, spark, environment)
        for key, value in read_properties(path).items()
    }


def start_spark_submit(
    argv: Sequence[str], log: BinaryIO, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start spark-submit in its own session: Ctrl-C must reach this process alone.

    Raises
    ------
    SubmissionError
        When there is no such program, or it cannot be run.
    """
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    except OSError as exc:
        raise SubmissionError(
            f"{argv[0]} cannot be run: {exc.strerror}",
            hint="is --spark-submit the path of Spark's spark-submit?",
        ) from exc


def find_spark_home(spark: SparkSubmit) -> Path:
    """The folder that has Spark's jars."""
    home = Path(spark.path).resolve().parent.parent
    if (home / "jars").is_dir():
        return home
    # pip puts a spark-submit beside python that finds the package's own.
    spec = find_spec("pyspark")
    if spec is not None and spec.origin and (Path(spec.origin).parent / "jars").is_dir():
        return Path(spec.origin).parent
    raise SettingsError(
        f"there is no folder jars/ beside {spark.path}", hint="set SPARK_HOME to the folder of Spark"
    )


def check_python(spark_version: str, python_version: str) -> None:
    """Refuse an environment whose Python the cluster's Spark cannot run.

    Raises
    ------
    SettingsError
        With the versions that go together, by Spark's release notes.
    """
    python = tuple(int(part) for part in python_version.split(".")[:2])
    major, minor = (int(part) for part in spark_version.split(".")[:2])
    newest = next((limit for since, limit in _NEWEST_PYTHON if (major, minor) >= since), None)
    if newest is None or python > newest:
        which = "3.5 or later" if newest is None else f"Python {newest[0]}.{newest[1]} or earlier"
        raise SettingsError(
            f"Spark {spark_version} does not run with the environment's Python {python_version};"
            f" needed is {which}",
            hint="change python in the conda-env.yml, or give --spark-submit of another Spark",
        )


def python_conf(python: str, asked: Mapping[str, str]) -> dict[str, str]:
    """The properties by which Spark runs this Python, unless the user asked for another by ``--conf``.

    They come before all that spark-defaults and the variables of spark-env.sh say of it: the driver needs
    the packages of the environment that ethlogs chose.
    """
    workers = next((asked[key] for key in (PYTHON, AM_PYTHON) if key in asked), python)
    return {PYTHON: workers, DRIVER_PYTHON: asked.get(DRIVER_PYTHON, workers)}


def describe_ignored_python(configured: Mapping[str, str], settings: SparkSettings) -> str | None:
    """Return a sentence where Spark is configured with a Python that is not the one of the run."""
    asked = dict(settings.conf)
    for key in (DRIVER_PYTHON, PYTHON, AM_PYTHON):
        if key in configured and not asked.keys() & {DRIVER_PYTHON, PYTHON, AM_PYTHON}:
            return (
                f"{key}={configured[key]} of Spark's configuration is ignored: the driver runs with the"
                f" Python that has ethlogs; --conf {key}=PATH asks for another one"
            )
    return None


def driver_script() -> Path:
    """The file that spark-submit is given to run."""
    return Path(__file__).parent.parent / "launch" / "ethlogs_driver.py"


def build_cluster_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """spark-submit's environment for a cluster: without its Python and its settings."""
    kept = {key: value for key, value in environment.items() if not key.startswith(_KEPT_HERE)}
    return {**kept, **_quick_java(environment)}


def build_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """spark-submit's environment: the driver runs with this Python, and takes no setting from here."""
    kept = {key: value for key, value in environment.items() if not key.startswith("ETHLOGS_")}
    kept["PYSPARK_PYTHON"] = kept["PYSPARK_DRIVER_PYTHON"] = sys.executable
    return {**kept, **_quick_java(environment)}


def _quick_java(environment: Mapping[str, str]) -> dict[str, str]:
    """Options for the two JVMs of a spark-submit; what the user gives comes after them and counts."""
    return {
        # Not before the user's: two collectors would be an error.
        "SPARK_LAUNCHER_OPTS": environment.get("SPARK_LAUNCHER_OPTS") or f"{ONE_COMPILER} -XX:+UseSerialGC",
        "SPARK_SUBMIT_OPTS": f"{ONE_COMPILER} {environment.get('SPARK_SUBMIT_OPTS', '')}".strip(),
    }


def read_properties(path: Path) -> dict[str, str]:
    """A Spark properties file: ``key value``, ``key=value`` or ``key: value`` a line."""
    properties = {}
    for line in path.read_text(errors="replace").splitlines():
        text = line.strip()
        if text and not text.startswith(("#", "!")):
            key, _, value = re.sub(r"^([^\s=:]+)\s*[=:\s]\s*", r"\1\0", text).partition("\0")
            properties[key] = value
    return properties


def _candidates(wanted: str | None, environment: Mapping[str, str]) -> list[str | None]:
    if wanted:
        return [wanted]
    home = environment.get("SPARK_HOME")
    if home:
        return [str(Path(home) / "bin" / "spark-submit")]
    spec = find_spec("pyspark")
    package = Path(spec.origin).parent if spec and spec.origin else None
    bundled = str(package / "bin" / "spark-submit") if package else None
    on_path = shutil.which("spark-submit", path=environment.get("PATH"))
    if bundled and on_path and Path(on_path).parent == Path(sys.executable).parent:
        # The script that pip installs beside this Python only looks for pyspark, slowly.
        return [bundled]
    return [on_path, bundled]


def _fetch_version(path: str, environment: Mapping[str, str]) -> str:
    """The version of Spark, from its RELEASE file or jars: ``--version`` costs a JVM."""
    home = Path(path).resolve().parent.parent
    for jar in sorted((home / "jars").glob("spark-core_*.jar")):
        # After Scala's version; a vendor's has its own dashes, like 3.3.2.3.3.7190.0-91.
        return jar.stem.split("-", 2)[2]
    try:
        finished = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=dict(environment),
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise SettingsError(
            f"{path} cannot be run: {exc}", hint="give --spark-submit the path of Spark's bin/spark-submit"
        ) from exc
    match = re.search(r"version (\d+\.\d+\.\d+\S*)", finished.stdout + finished.stderr)
    if match is None:
        raise SubmissionError(
            f"{path} --version does not say the version of Spark",
            hint="give --spark-submit the path of Spark's bin/spark-submit",
        )
    return match.group(1)


def _properties_files(
    settings: SparkSettings, spark: SparkSubmit, environment: Mapping[str, str]
) -> list[Path]:
    if settings.properties_file:
        files = [Path(settings.properties_file)]
        if not files[0].is_file():
            raise SettingsError(
                f"--properties-file {settings.properties_file} does not exist",
                hint="give the path of a file like Spark's spark-defaults.conf, or leave it out",
            )
        return files
    return [path for path in [find_conf_folder(spark, environment) / "spark-defaults.conf"] if path.is_file()]


def find_conf_folder(spark: SparkSubmit, environment: Mapping[str, str]) -> Path:
    """Return the folder of Spark's settings."""
    return Path(environment.get("SPARK_CONF_DIR") or Path(spark.path).resolve().parent.parent / "conf")
