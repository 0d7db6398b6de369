"""The checks of a cluster that need none; tests/integration/yarn has the others."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

from ethlogs.doctor.checkup import Warned
from ethlogs.doctor.cluster import check_memory
from ethlogs.settings.command import LaunchOptions
from ethlogs.settings.submission import SparkSettings, YarnOptions


def options(**groups: Any) -> LaunchOptions:
    hints = get_type_hints(LaunchOptions)
    defaults = {field.name: hints[field.name]() for field in fields(LaunchOptions)}
    return LaunchOptions(**{**defaults, **groups})


def test_memory_that_is_derived_is_shown() -> None:
    shown = check_memory(options(yarn=YarnOptions(executor_cores=2)), {})
    assert shown == "spark.driver.memoryOverhead 896m, spark.executor.memoryOverhead 1408m"


def test_too_little_memory_beside_the_heap_is_a_warning() -> None:
    configured = {"spark.executor.memoryOverhead": "384m"}
    found = check_memory(options(), configured)
    assert isinstance(found, Warned)
    assert "spark.executor.memoryOverhead is 384m, and 896m are needed" in found.text
    asked = SparkSettings(conf=(("spark.executor.memoryOverhead", "1g"),))
    assert isinstance(check_memory(options(spark=asked), configured), str)
