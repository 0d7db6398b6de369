"""Memory of containers beside the JVM's heap."""

from __future__ import annotations

import pytest

from ethlogs.settings.submission import SparkSettings, YarnOptions
from ethlogs.spark.memory import (
    DRIVER_OVERHEAD,
    EXECUTOR_OVERHEAD,
    PYTHON_MIB,
    describe_too_little,
    needed_overheads,
    overhead_conf,
    parse_mib,
)


@pytest.mark.parametrize(
    ("text", "mib"),
    [("512m", 512), ("1g", 1024), ("2GB", 2048), ("300", 300), ("2048k", 2), ("1t", 1 << 20), ("much", None)],
)
def test_a_size_is_read_as_spark_reads_it(text: str, mib: int | None) -> None:
    assert parse_mib(text) == mib


@pytest.mark.parametrize(
    ("cores", "heap", "mib"), [(None, None, 384), (1, "1g", 384), (4, "2g", 384), (2, "8g", 819)]
)
def test_an_executor_gets_memory_for_each_worker_beside_what_its_jvm_needs(
    cores: int | None, heap: str | None, mib: int
) -> None:
    yarn = YarnOptions(executor_cores=cores, executor_memory=heap)
    needed = needed_overheads(SparkSettings(), yarn, {}, needs_executors=True)
    assert needed == {DRIVER_OVERHEAD: 384 + PYTHON_MIB, EXECUTOR_OVERHEAD: mib + (cores or 1) * PYTHON_MIB}


def test_what_spark_is_configured_with_counts_where_no_flag_is_given() -> None:
    asked = {"spark.executor.cores": "3", "spark.executor.memory": "10g", "spark.driver.memory": "20g"}
    needed = needed_overheads(SparkSettings(), YarnOptions(), asked, needs_executors=True)
    assert needed == {
        DRIVER_OVERHEAD: 2048 + PYTHON_MIB,
        EXECUTOR_OVERHEAD: 1024 + 3 * PYTHON_MIB,
    }
    flags = needed_overheads(SparkSettings(driver_memory="1g"), YarnOptions(), asked, needs_executors=False)
    assert flags == {DRIVER_OVERHEAD: 384 + PYTHON_MIB}


def test_nothing_that_somebody_asked_for_is_changed() -> None:
    needed = {DRIVER_OVERHEAD: 896, EXECUTOR_OVERHEAD: 1408}
    assert overhead_conf(needed, {}) == {DRIVER_OVERHEAD: "896m", EXECUTOR_OVERHEAD: "1408m"}
    assert overhead_conf(needed, {DRIVER_OVERHEAD: "1g"}) == {EXECUTOR_OVERHEAD: "1408m"}
    assert overhead_conf(needed, {"spark.executor.memoryOverheadFactor": "0.4"}) == {DRIVER_OVERHEAD: "896m"}


def test_too_little_is_named_with_what_is_needed() -> None:
    needed = {DRIVER_OVERHEAD: 896, EXECUTOR_OVERHEAD: 1408}
    asked = {DRIVER_OVERHEAD: "1g", EXECUTOR_OVERHEAD: "384m"}
    assert describe_too_little(needed, asked) == [
        "spark.executor.memoryOverhead is 384m, and 1408m are needed"
    ]
    assert describe_too_little(needed, {}) == []
