"""The spark-submit line for YARN in cluster mode, built by a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ethlogs.run.folder import SETTINGS
from ethlogs.settings.submission import SparkSettings, YarnOptions
from ethlogs.spark.last_attempt import MASTERS_JAVA, MAX_ATTEMPTS, build_attempts_conf
from ethlogs.spark.memory import needed_overheads, overhead_conf
from ethlogs.spark.submit import (
    DRIVER_JAVA,
    EXECUTOR_JAVA,
    ONE_COMPILER,
    PYTHON,
    TASK_CONF,
    SparkSubmit,
    driver_script,
    python_conf,
)

ENVIRONMENT = "environment"
"""The folder in a container in which the archive is unpacked."""

_PYTHON = "PYSPARK_PYTHON"
_DRIVERS_JAVA = "spark.driver.extraJavaOptions"
_AM_ENV = "spark.yarn.appMasterEnv"
_EXECUTOR_ENV = "spark.executorEnv"
_NEEDED = {
    # ethlogs watches the application by itself; else --detach, --submit-timeout and Ctrl-C do nothing.
    "spark.yarn.submit.waitAppCompletion": "false",
}
"""What no setting of Spark's may change."""
_QUIET_CONF = {
    "spark.ui.showConsoleProgress": "false",
    # Where yarn-site.xml has it, Spark's client needs jars of it that Spark does not bring.
    "spark.hadoop.yarn.timeline-service.enabled": "false",
    # What went wrong days ago must not use up the attempts of a run without end, nor a backfill's executors.
    "spark.yarn.am.attemptFailuresValidityInterval": "1h",
    "spark.executor.failuresValidityInterval": "1h",
    DRIVER_JAVA: ONE_COMPILER,
    EXECUTOR_JAVA: ONE_COMPILER,
}
_NO_EXECUTORS = {
    # Spark's default are two, and it refuses 0 of them without dynamic allocation.
    "spark.dynamicAllocation.enabled": "true",
    "spark.dynamicAllocation.shuffleTracking.enabled": "true",
    "spark.dynamicAllocation.initialExecutors": "0",
    "spark.dynamicAllocation.minExecutors": "0",
    "spark.executor.instances": "0",
}


@dataclass(frozen=True)
class SparkLogin:
    """The keytab that spark-submit is given; Spark refuses one together with ``--proxy-user``."""

    principal: str
    keytab: str


@dataclass(frozen=True)
class Shipment:
    """The files that are shipped with a driver, and where they already are."""

    settings_file: str
    package: str
    """ethlogs itself, as a zip."""
    archive: str
    """The environment's archive on HDFS."""
    python: str
    """The interpreter's path inside the archive."""
    spark_archive: str | None
    """Spark's jars on HDFS; ``None`` where Spark is configured with its own place for them."""
    run_folder: str
    tags: tuple[str, ...]
    files: tuple[str, ...] = ()
    """Others that the settings name; they are in the driver's working folder by their names."""
    krb5_conf: str | None = None
    """One of ``files``, where the nodes' own is not to be used."""

    script: str = str(driver_script())
    """The driver's file. It, the settings, the package and the files are here, or on HDFS by their URLs."""

    login: SparkLogin | None = None
    needs_executors: bool = False
    """Whether the job works on executors; the number is Spark's own unless the user asks for one."""


def build_yarn_argv(
    spark: SparkSubmit,
    settings: SparkSettings,
    yarn: YarnOptions,
    name: str,
    shipment: Shipment,
    configured: Mapping[str, str],
) -> list[str]:
    """The whole command line; it holds no setting of the run, which travel in a file of their own.

    ``configured`` is what spark-defaults and --properties-file say: lists there are added to, and what
    they say of a matter comes before what is said here for all runs.
    """
    asked = {**configured, **dict(settings.conf)}
    argv = [spark.path, "--master", "yarn", "--deploy-mode", "cluster", "--name", settings.name or name]
    argv += _flags(settings, yarn, shipment.login)
    argv += ["--py-files", _joined(asked.get("spark.submit.pyFiles"), shipment.package)]
    python = python_conf(f"./{ENVIRONMENT}/{shipment.python}", dict(settings.conf))
    overheads = needed_overheads(settings, yarn, asked, needs_executors=shipment.needs_executors)
    conf = {
        **python,
        **_build_conf(yarn, shipment, asked, python[PYTHON]),
        **overhead_conf(overheads, asked),
        **(TASK_CONF if shipment.needs_executors else {}),
        **dict(settings.conf),
        **build_attempts_conf(find_attempts(settings, yarn, configured), is_remote=yarn.livy_url is not None),
        **_NEEDED,
    }
    for key, value in sorted(conf.items()):
        if key not in _java_options(shipment):
            argv += ["--conf", f"{key}={value}"]
    for key, addition in _lists(shipment).items():
        argv += ["--conf", f"{key}={_joined(asked.get(key), addition)}"]
    for key, addition in _java_options(shipment).items():
        argv += ["--conf", f"{key}={_joined(asked.get(key), addition, ' ')}"]
    return [*argv, shipment.script, shipment.run_folder]


def find_attempts(settings: SparkSettings, yarn: YarnOptions, configured: Mapping[str, str]) -> str | None:
    """Return how often YARN shall start the driver: by ``--conf``, else the flag, else what is configured.

    ``None`` leaves it to the cluster.
    """
    flag = None if yarn.max_app_attempts is None else str(yarn.max_app_attempts)
    return dict(settings.conf).get(MAX_ATTEMPTS) or flag or configured.get(MAX_ATTEMPTS)


def _flags(settings: SparkSettings, yarn: YarnOptions, login: SparkLogin | None) -> list[str]:
    flags = {
        "--properties-file": settings.properties_file,
        "--queue": yarn.queue,
        "--driver-memory": settings.driver_memory,
        "--driver-cores": yarn.driver_cores,
        "--num-executors": yarn.num_executors or None,
        "--executor-cores": yarn.executor_cores,
        "--executor-memory": yarn.executor_memory,
        "--proxy-user": yarn.proxy_user,
        "--principal": login and login.principal,
        "--keytab": login and login.keytab,
    }
    return [word for flag, value in flags.items() if value is not None for word in (flag, str(value))]


def _build_conf(
    yarn: YarnOptions, shipment: Shipment, asked: Mapping[str, str], python: str
) -> dict[str, str]:
    conf = dict(_QUIET_CONF)
    for place in (_AM_ENV, _EXECUTOR_ENV):
        conf[f"{place}.{_PYTHON}"] = python
        # The account's own packages must not come before those of the archive.
        conf[f"{place}.PYTHONNOUSERSITE"] = "1"
        if shipment.krb5_conf is not None:
            conf[f"{place}.KRB5_CONFIG"] = shipment.krb5_conf
    if shipment.spark_archive is not None:
        conf["spark.yarn.archive"] = shipment.spark_archive
    conf = {key: value for key, value in conf.items() if key not in asked or key.endswith(_PYTHON)}
    if not yarn.num_executors and not shipment.needs_executors:
        conf.update(_NO_EXECUTORS)
    return conf


def _lists(shipment: Shipment) -> dict[str, str]:
    return {
        "spark.yarn.dist.archives": f"{shipment.archive}#{ENVIRONMENT}",
        "spark.yarn.dist.files": ",".join([f"{shipment.settings_file}#{SETTINGS}", *shipment.files]),
        "spark.yarn.tags": ",".join(shipment.tags),
    }


def _java_options(shipment: Shipment) -> dict[str, str]:
    """In cluster mode the driver's JVM is the application master's."""
    if shipment.krb5_conf is None:
        return {_DRIVERS_JAVA: MASTERS_JAVA}
    realm = f"-Djava.security.krb5.conf={shipment.krb5_conf}"
    return {_DRIVERS_JAVA: f"{realm} {MASTERS_JAVA}", "spark.executor.extraJavaOptions": realm}


def _joined(configured: str | None, addition: str, separator: str = ",") -> str:
    return f"{configured}{separator}{addition}" if configured else addition
