"""The batch of a spark-submit line: everything that the line says, and nothing twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ethlogs.livy.request import build_batch
from ethlogs.settings.submission import SparkSettings, YarnOptions
from ethlogs.spark.submit import SparkSubmit
from ethlogs.spark.yarn import Shipment, SparkLogin, build_yarn_argv

SPARK = SparkSubmit("/opt/spark/bin/spark-submit", "4.0.0")
FOLDER = "hdfs://nn/user/me/.ethlogs/runs/R/files"
SHIPMENT = Shipment(
    settings_file=f"{FOLDER}/settings.json",
    package=f"{FOLDER}/ethlogs.zip",
    archive="hdfs://nn/user/me/.ethlogs/archives/env-0123.tar.gz",
    python="bin/python",
    spark_archive="hdfs://nn/user/me/.ethlogs/spark/spark-4.0.0-4567.zip",
    run_folder="hdfs://nn/user/me/.ethlogs/runs/R",
    tags=("ethlogs", "ethlogs-run-R"),
    script=f"{FOLDER}/ethlogs_driver.py",
    files=(f"{FOLDER}/kafka.keytab",),
)


def build_argv(
    settings: SparkSettings, yarn: YarnOptions, shipment: Shipment = SHIPMENT, **configured: str
) -> tuple[list[str], dict[str, str]]:
    names = {key.replace("_", "."): value for key, value in configured.items()}
    return build_yarn_argv(SPARK, settings, yarn, "ethlogs produce logs", shipment, names), names


def test_every_flag_and_every_conf_of_the_line_is_in_the_request() -> None:
    settings = SparkSettings(driver_memory="1g", properties_file="/p.conf", conf=(("spark.x", "a=b"),))
    yarn = YarnOptions(
        queue="streaming",
        driver_cores=2,
        num_executors=3,
        executor_cores=4,
        executor_memory="2g",
        proxy_user="alice",
        max_app_attempts=5,
        livy_url="http://livy:8998",
    )
    argv, configured = build_argv(settings, yarn)
    batch = build_batch(argv, configured)
    conf = batch.pop("conf")
    assert batch == {
        "file": f"{FOLDER}/ethlogs_driver.py",
        "args": ["hdfs://nn/user/me/.ethlogs/runs/R"],
        "name": "ethlogs produce logs",
        "pyFiles": [f"{FOLDER}/ethlogs.zip"],
        "queue": "streaming",
        "driverMemory": "1g",
        "driverCores": 2,
        "numExecutors": 3,
        "executorCores": 4,
        "executorMemory": "2g",
        "proxyUser": "alice",
    }
    assert len(conf) == argv.count("--conf")
    assert conf["spark.x"] == "a=b"
    assert conf["spark.yarn.maxAppAttempts"] == "5"
    assert conf["spark.yarn.dist.files"] == f"{FOLDER}/settings.json#settings.json,{FOLDER}/kafka.keytab"
    assert conf["spark.yarn.tags"] == "ethlogs,ethlogs-run-R"


def test_what_spark_is_configured_with_here_goes_along_for_the_server_has_its_own() -> None:
    argv, configured = build_argv(
        SparkSettings(),
        YarnOptions(),
        spark_driver_memory="512m",
        spark_submit_pyFiles="hdfs:/own.py",
        spark_yarn_tags="theirs",
    )
    batch = build_batch(argv, configured)
    assert batch["conf"]["spark.driver.memory"] == "512m"
    assert batch["conf"]["spark.yarn.tags"] == "theirs,ethlogs,ethlogs-run-R"
    assert batch["pyFiles"] == ["hdfs:/own.py", f"{FOLDER}/ethlogs.zip"]
    assert "spark.submit.pyFiles" not in batch["conf"]


@pytest.mark.parametrize(
    "key",
    ["spark.master", "spark.submit.deployMode", "spark.kerberos.keytab", "spark.yarn.principal", "other"],
)
def test_what_livy_refuses_or_cannot_use_is_left_out(key: str) -> None:
    argv, _ = build_argv(SparkSettings(), YarnOptions())
    assert key not in build_batch(argv, {key: "value"})["conf"]


def test_a_flag_that_livy_has_no_field_for_is_never_lost_silently() -> None:
    login = SparkLogin("ethlogs@EXAMPLE.COM", "/a.keytab")
    argv, _ = build_argv(SparkSettings(), YarnOptions(), replace(SHIPMENT, login=login))
    with pytest.raises(ValueError, match="Livy has no field for --principal"):
        build_batch(argv, {})
