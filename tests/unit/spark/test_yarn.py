"""The spark-submit line for YARN: all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ethlogs.errors import SettingsError
from ethlogs.settings.submission import SparkSettings, YarnOptions
from ethlogs.spark.submit import (
    SparkSubmit,
    build_cluster_environment,
    check_python,
    driver_script,
)
from ethlogs.spark.yarn import Shipment, SparkLogin, build_yarn_argv

SPARK = SparkSubmit("/opt/spark/bin/spark-submit", "4.0.0")
SHIPMENT = Shipment(
    settings_file="/runs/R/settings.json",
    package="/runs/R/ethlogs.zip",
    archive="hdfs://nn/user/me/.ethlogs/archives/env-0123.tar.gz",
    python="bin/python",
    spark_archive="hdfs://nn/user/me/.ethlogs/spark/spark-4.0.0-4567.zip",
    run_folder="hdfs://nn/user/me/.ethlogs/runs/R",
    tags=("ethlogs", "ethlogs-stream-89ab", "ethlogs-run-R"),
)
NOTHING = YarnOptions()


def conf_of(argv: list[str]) -> dict[str, str]:
    """What Spark understands: the last --conf of a key counts."""
    pairs = [argv[place + 1] for place, word in enumerate(argv) if word == "--conf"]
    return dict(pair.split("=", 1) for pair in pairs)


def build(
    settings: SparkSettings | None = None,
    yarn: YarnOptions = NOTHING,
    shipment: Shipment = SHIPMENT,
    **configured: str,
) -> list[str]:
    names = {key.replace("_", "."): value for key, value in configured.items()}
    return build_yarn_argv(SPARK, settings or SparkSettings(), yarn, "ethlogs produce logs", shipment, names)


def test_the_shortest_command_line() -> None:
    conf = [
        "spark.driver.defaultJavaOptions=-XX:TieredStopAtLevel=1",
        "spark.driver.memoryOverhead=896m",
        "spark.dynamicAllocation.enabled=true",
        "spark.dynamicAllocation.initialExecutors=0",
        "spark.dynamicAllocation.minExecutors=0",
        "spark.dynamicAllocation.shuffleTracking.enabled=true",
        "spark.executor.defaultJavaOptions=-XX:TieredStopAtLevel=1",
        "spark.executor.failuresValidityInterval=1h",
        "spark.executor.instances=0",
        "spark.executorEnv.PYSPARK_PYTHON=./environment/bin/python",
        "spark.executorEnv.PYTHONNOUSERSITE=1",
        "spark.hadoop.yarn.resourcemanager.am.max-attempts=${ethlogs.lastAttempt}",
        "spark.hadoop.yarn.timeline-service.enabled=false",
        "spark.pyspark.driver.python=./environment/bin/python",
        "spark.pyspark.python=./environment/bin/python",
        "spark.ui.showConsoleProgress=false",
        "spark.yarn.am.attemptFailuresValidityInterval=1h",
        "spark.yarn.appMasterEnv.PYSPARK_PYTHON=./environment/bin/python",
        "spark.yarn.appMasterEnv.PYTHONNOUSERSITE=1",
        "spark.yarn.archive=hdfs://nn/user/me/.ethlogs/spark/spark-4.0.0-4567.zip",
        "spark.yarn.submit.waitAppCompletion=false",
        "spark.yarn.dist.archives=hdfs://nn/user/me/.ethlogs/archives/env-0123.tar.gz#environment",
        "spark.yarn.dist.files=/runs/R/settings.json#settings.json",
        "spark.yarn.tags=ethlogs,ethlogs-stream-89ab,ethlogs-run-R",
        "spark.driver.extraJavaOptions=-Dethlogs.lastAttempt=2147483647",
    ]
    assert build() == [
        "/opt/spark/bin/spark-submit",
        *("--master", "yarn", "--deploy-mode", "cluster", "--name", "ethlogs produce logs"),
        *("--py-files", "/runs/R/ethlogs.zip"),
        *[word for pair in conf for word in ("--conf", pair)],
        str(driver_script()),
        "hdfs://nn/user/me/.ethlogs/runs/R",
    ]


def test_every_flag_is_passed_on_as_spark_spells_it() -> None:
    settings = SparkSettings(driver_memory="1g", properties_file="/p.conf", name="mine")
    yarn = YarnOptions(
        queue="streaming",
        driver_cores=2,
        num_executors=3,
        executor_cores=4,
        executor_memory="2g",
        proxy_user="alice",
        max_app_attempts=4,
    )
    argv = build(settings, yarn)
    assert argv[1:24] == [
        *("--master", "yarn", "--deploy-mode", "cluster", "--name", "mine", "--properties-file", "/p.conf"),
        *("--queue", "streaming", "--driver-memory", "1g", "--driver-cores", "2", "--num-executors", "3"),
        *("--executor-cores", "4", "--executor-memory", "2g", "--proxy-user", "alice", "--py-files"),
    ]
    assert conf_of(argv)["spark.yarn.maxAppAttempts"] == "${system:ethlogs.lastAttempt}"


def test_spark_is_given_the_keytab_of_its_login() -> None:
    argv = build(shipment=replace(SHIPMENT, login=SparkLogin("me@REALM", "/me.keytab")))
    assert argv[7:11] == ["--principal", "me@REALM", "--keytab", "/me.keytab"]


def test_a_run_holds_no_executors_unless_it_is_asked_to() -> None:
    assert conf_of(build(spark_executor_instances="5"))["spark.executor.instances"] == "0"
    assert "spark.executor.instances" not in conf_of(build(yarn=YarnOptions(num_executors=2)))
    assert "spark.dynamicAllocation.enabled" not in conf_of(build(yarn=YarnOptions(num_executors=2)))


def test_a_job_that_works_on_executors_gets_as_many_as_spark_is_configured_with() -> None:
    conf = conf_of(build(shipment=replace(SHIPMENT, needs_executors=True)))
    assert "spark.executor.instances" not in conf
    assert "spark.dynamicAllocation.enabled" not in conf


def test_a_lost_task_comes_back_to_a_job_that_works_on_executors_unless_the_user_decides_otherwise() -> None:
    job = replace(SHIPMENT, needs_executors=True)
    assert conf_of(build(shipment=job, spark_task_maxFailures="4"))["spark.task.maxFailures"] == "1"
    asked = build(SparkSettings(conf=(("spark.task.maxFailures", "8"),)), shipment=job)
    assert conf_of(asked)["spark.task.maxFailures"] == "8"
    assert "spark.task.maxFailures" not in conf_of(build())


def test_containers_get_memory_for_python_beside_the_jvms() -> None:
    job = replace(SHIPMENT, needs_executors=True)
    conf = conf_of(build(yarn=YarnOptions(executor_cores=2), shipment=job))
    assert conf["spark.driver.memoryOverhead"] == "896m"
    assert conf["spark.executor.memoryOverhead"] == "1408m"
    asked = conf_of(build(SparkSettings(conf=(("spark.executor.memoryOverhead", "3g"),)), shipment=job))
    assert asked["spark.executor.memoryOverhead"] == "3g"


@pytest.mark.parametrize(
    ("key", "addition"),
    [
        ("spark.yarn.tags", "ethlogs,ethlogs-stream-89ab,ethlogs-run-R"),
        ("spark.yarn.dist.files", "/runs/R/settings.json#settings.json"),
        ("spark.yarn.dist.archives", f"{SHIPMENT.archive}#environment"),
    ],
)
def test_what_is_configured_in_a_list_stays_in_it(key: str, addition: str) -> None:
    assert conf_of(build_yarn_argv(SPARK, SparkSettings(), NOTHING, "n", SHIPMENT, {key: "theirs"}))[key] == (
        f"theirs,{addition}"
    )
    settings = SparkSettings(conf=((key, "asked"),))
    assert conf_of(build(settings))[key] == f"asked,{addition}"


def test_python_files_that_are_configured_go_along() -> None:
    argv = build(spark_submit_pyFiles="theirs.zip")
    assert argv[argv.index("--py-files") + 1] == "theirs.zip,/runs/R/ethlogs.zip"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.yarn.am.attemptFailuresValidityInterval", "5m"),
        ("spark.executor.failuresValidityInterval", "5m"),
        ("spark.hadoop.yarn.timeline-service.enabled", "true"),
        ("spark.driver.defaultJavaOptions", "-Da=b"),
        ("spark.executor.defaultJavaOptions", "-Da=b"),
    ],
)
def test_what_is_configured_is_not_overruled(key: str, value: str) -> None:
    configured = build_yarn_argv(SPARK, SparkSettings(), NOTHING, "n", SHIPMENT, {key: value})
    assert key not in conf_of(configured)
    assert conf_of(build(SparkSettings(conf=((key, value),))))[key] == value


@pytest.mark.parametrize(
    "key", ["spark.yarn.appMasterEnv.PYSPARK_PYTHON", "spark.pyspark.python", "spark.pyspark.driver.python"]
)
def test_the_driver_has_the_archives_python_whatever_spark_is_configured_with(key: str) -> None:
    configured = conf_of(
        build_yarn_argv(SPARK, SparkSettings(), NOTHING, "n", SHIPMENT, {key: "/opt/python"})
    )
    assert configured[key] == "./environment/bin/python"
    assert conf_of(build(SparkSettings(conf=((key, "/opt/python"),))))["spark.pyspark.driver.python"] == (
        "/opt/python"
    )


def test_sparks_own_place_for_its_jars_is_left_alone() -> None:
    assert "spark.yarn.archive" not in conf_of(build(shipment=replace(SHIPMENT, spark_archive=None)))


def test_an_archive_with_an_inner_folder() -> None:
    conf = conf_of(build(shipment=replace(SHIPMENT, python="inner/bin/python")))
    assert conf["spark.yarn.appMasterEnv.PYSPARK_PYTHON"] == "./environment/inner/bin/python"
    assert conf["spark.executorEnv.PYSPARK_PYTHON"] == "./environment/inner/bin/python"


def test_nothing_of_the_submitters_python_goes_along() -> None:
    environment = {
        "PATH": "/bin",
        "HADOOP_CONF_DIR": "/etc/hadoop/conf",
        "PYSPARK_PYTHON": "/here/python",
        "PYSPARK_DRIVER_PYTHON": "jupyter",
        "PYTHONPATH": "/here",
        "PYTHONHOME": "/here",
        "ETHLOGS_NODE_URL": "http://user:secret@geth",
    }
    built = build_cluster_environment(environment)
    assert {name: value for name, value in built.items() if not name.endswith("_OPTS")} == {
        "PATH": "/bin",
        "HADOOP_CONF_DIR": "/etc/hadoop/conf",
    }


@pytest.mark.parametrize(
    ("spark", "python"), [("3.5.7", "3.11.7"), ("4.0.1", "3.13.0"), ("4.3.0", "3.11.7"), ("4.1.0", "3.14.1")]
)
def test_pairs_of_spark_and_python_that_go_together(spark: str, python: str) -> None:
    check_python(spark, python)


@pytest.mark.parametrize(
    ("spark", "python", "needed"),
    [
        ("3.5.7", "3.12.1", "Python 3.11 or earlier"),
        ("4.0.0", "3.14.0", "Python 3.13 or earlier"),
        ("3.3.2.3.3.7190.0-91", "3.11.7", "3.5 or later"),
    ],
)
def test_pairs_that_do_not_are_refused(spark: str, python: str, needed: str) -> None:
    with pytest.raises(SettingsError, match=f"needed is {needed}"):
        check_python(spark, python)


def test_nothing_makes_spark_submit_wait_for_the_application_which_ethlogs_does() -> None:
    key = "spark.yarn.submit.waitAppCompletion"
    configured = build_yarn_argv(SPARK, SparkSettings(), NOTHING, "n", SHIPMENT, {key: "true"})
    assert conf_of(configured)[key] == "false"
    assert conf_of(build(SparkSettings(conf=((key, "true"),))))[key] == "false"
