"""The archive of classes that makes Spark start sooner."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ethlogs_devnet.livy.runtime import find_spark_home
from ethlogs_devnet.quick_spark import find_quick_spark

pytestmark = pytest.mark.services


def test_spark_submit_takes_its_classes_from_the_archive_and_says_nothing_of_one_that_does_not_fit() -> None:
    def submit(**environment: str) -> str:
        options = f"{find_quick_spark()} -Xlog:class+load:stderr"
        command = [str(find_spark_home() / "bin" / "spark-submit"), "--version"]
        others = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
        env = {**others, "SPARK_SUBMIT_OPTS": options, **environment}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stderr

    whole = "org.apache.spark.deploy.SparkSubmit source: shared objects file (top)"
    assert whole in submit()
    other = submit(SPARK_CONF_DIR=str(Path.cwd()))
    assert whole not in other
    assert "[warning]" not in other
