"""Settings of a Spark that choose another Python for the driver are named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.settings.submission import SparkSettings
from ethlogs.spark.own_python import find_own_python
from ethlogs.spark.submit import SparkSubmit


@pytest.fixture
def spark(tmp_path: Path) -> SparkSubmit:
    (tmp_path / "bin").mkdir()
    (tmp_path / "conf").mkdir()
    return SparkSubmit(str(tmp_path / "bin" / "spark-submit"), "4.0.0")


def conf_of(spark: SparkSubmit) -> Path:
    return Path(spark.path).parent.parent / "conf"


def test_a_spark_that_chooses_nothing_is_silent(spark: SparkSubmit) -> None:
    assert find_own_python(spark, SparkSettings(), {}) == []


def test_spark_defaults_and_conf_are_named(spark: SparkSubmit) -> None:
    (conf_of(spark) / "spark-defaults.conf").write_text("spark.pyspark.python /usr/bin/python3\n")
    settings = SparkSettings(conf=(("spark.pyspark.driver.python", "/opt/python"),))
    assert find_own_python(spark, settings, {}) == [
        "spark.pyspark.python=/usr/bin/python3 chooses the driver's Python",
        "spark.pyspark.driver.python=/opt/python chooses the driver's Python",
    ]


def test_each_variable_of_spark_env_is_named_once(spark: SparkSubmit) -> None:
    script = conf_of(spark) / "spark-env.sh"
    script.write_text("export PYSPARK_PYTHON=a\n  PYSPARK_PYTHON=b\n# PYSPARK_DRIVER_PYTHON=c\n")
    assert find_own_python(spark, SparkSettings(), {}) == [
        f"PYSPARK_PYTHON of {script} chooses the driver's Python"
    ]
