"""Places of a Spark that choose the driver's Python in the place of ethlogs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ethlogs.settings.submission import SparkSettings
from ethlogs.spark.submit import SparkSubmit, find_conf_folder, read_configured

_CONF = (
    "spark.pyspark.python",
    "spark.pyspark.driver.python",
    "spark.yarn.appMasterEnv.PYSPARK_PYTHON",
    "spark.yarn.appMasterEnv.PYSPARK_DRIVER_PYTHON",
)
_LINE = re.compile(r"^\s*(?:export\s+)?(PYSPARK_PYTHON|PYSPARK_DRIVER_PYTHON)=", re.MULTILINE)


def find_own_python(spark: SparkSubmit, settings: SparkSettings, environment: Mapping[str, str]) -> list[str]:
    """Return what spark-defaults, --properties-file, --conf and spark-env.sh set, one place each."""
    configured = {**read_configured(settings, spark, environment), **dict(settings.conf)}
    chosen = [f"{name}={configured[name]}" for name in _CONF if name in configured]
    script = find_conf_folder(spark, environment) / "spark-env.sh"
    if script.is_file():
        lines = _LINE.findall(script.read_text(errors="replace"))
        chosen += [f"{name} of {script}" for name in sorted(set(lines))]
    return [f"{name} chooses the driver's Python" for name in chosen]
