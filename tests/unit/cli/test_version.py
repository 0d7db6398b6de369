"""The versions that a report of a fault needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.cli.calls import Call


def test_the_version_names_python_kafka_and_spark(call: Call, machine: Path) -> None:
    outcome = call("--version")
    assert outcome.status == 0
    first, second = outcome.stdout.splitlines()
    assert re.fullmatch(r"ethlogs, version \d+\.\d+\.\d+", first)
    spark = machine / "spark" / "bin" / "spark-submit"
    assert re.fullmatch(rf"Python 3\.\d+\.\d+, kafka-python 3\.\S+, Spark 4\.\S+ \({spark}\)", second)


def test_the_version_says_where_there_is_no_spark(
    call: Call, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ethlogs.spark.submit._candidates", lambda *_: [])
    assert call("--version").stdout.endswith("no Spark: spark-submit is not installed\n")
