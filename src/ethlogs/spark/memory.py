"""Memory of a container beside its JVM's heap: Spark counts the JVM alone, and YARN ends what takes more.

Spark's default is a tenth of the heap, at least 384 MiB. The driver's Python, or the Python workers of an
executor, one for each core, need their own memory on top.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ethlogs.settings.submission import SparkSettings, YarnOptions

PYTHON_MIB = 512
"""Bound of a Python process that produces blocks of mainnet's size, driver or worker.

It holds 32 MiB of records, up to four blocks while they are proven, and a producer's buffer.
docs/performance.md has what was measured.
"""

DRIVER_OVERHEAD = "spark.driver.memoryOverhead"
EXECUTOR_OVERHEAD = "spark.executor.memoryOverhead"
DRIVER_MEMORY, EXECUTOR_MEMORY, EXECUTOR_CORES = (
    "spark.driver.memory",
    "spark.executor.memory",
    "spark.executor.cores",
)
_FACTORS = {
    DRIVER_OVERHEAD: "spark.driver.memoryOverheadFactor",
    EXECUTOR_OVERHEAD: "spark.executor.memoryOverheadFactor",
}
_LEAST_MIB, _SHARE = 384, 0.1
_DEFAULT_HEAP = "1g"
_SIZE = re.compile(r"(\d+)\s*([kmgtp]?)b?", re.IGNORECASE)
_MIB_OF = {"k": 1 / 1024, "": 1.0, "m": 1.0, "g": 1024.0, "t": 1024.0**2, "p": 1024.0**3}


def parse_mib(text: str) -> int | None:
    """Return a size as Spark spells it in MiB, like 1g or 512m; ``None`` where it is not one."""
    match = _SIZE.fullmatch(text.strip())
    return int(int(match[1]) * _MIB_OF[match[2].lower()]) if match else None


def needed_overheads(
    settings: SparkSettings, yarn: YarnOptions, asked: Mapping[str, str], *, needs_executors: bool
) -> dict[str, int]:
    """Return how many MiB each kind of container needs beside the heap, by Spark's name of the setting.

    ``asked`` is what spark-defaults, --properties-file and --conf say.
    """
    driver = _heap_share(settings.driver_memory or asked.get(DRIVER_MEMORY))
    needed = {DRIVER_OVERHEAD: driver + PYTHON_MIB}
    if needs_executors:
        cores = yarn.executor_cores or _parse_cores(asked.get(EXECUTOR_CORES))
        heap = _heap_share(yarn.executor_memory or asked.get(EXECUTOR_MEMORY))
        needed[EXECUTOR_OVERHEAD] = heap + cores * PYTHON_MIB
    return needed


def overhead_conf(needed: Mapping[str, int], asked: Mapping[str, str]) -> dict[str, str]:
    """Return the settings for what nobody has asked for."""
    return {key: f"{mib}m" for key, mib in needed.items() if key not in asked and _FACTORS[key] not in asked}


def describe_too_little(needed: Mapping[str, int], asked: Mapping[str, str]) -> list[str]:
    """Return a sentence for each setting that leaves less than is needed."""
    found = []
    for key, mib in needed.items():
        size = parse_mib(asked[key]) if key in asked else None
        if size is not None and size < mib:
            found.append(f"{key} is {asked[key]}, and {mib}m are needed")
    return found


def _heap_share(heap: str | None) -> int:
    """What Spark itself adds for a JVM of that heap."""
    mib = parse_mib(heap or _DEFAULT_HEAP) or 0
    return max(_LEAST_MIB, int(mib * _SHARE))


def _parse_cores(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 1
