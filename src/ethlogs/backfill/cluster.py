"""Where tasks run: on the executors of the driver's Spark session, one Spark job for each task.

A job of one task instead of a stage of many: no task waits for the slowest of a stage, a slot has at most one
task at a time, and Spark's UI shows each job with the heights that it works on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from ethlogs.backfill.task import TaskEnd


class TaskLostError(Exception):
    """A task, or its executor, ended without a result."""


class Cluster(Protocol):
    """Something that runs tasks."""

    def cores(self) -> int | None:
        """Return how many tasks run at a time; ``None`` where executors come and go."""

    def executors(self) -> int:
        """Return how many executors there are now."""

    def run(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        """Run a task to its end; called from several threads."""

    def cancel(self) -> None:
        """End all tasks, and start no more."""


class SparkCluster:
    """The executors of this process's Spark session."""

    def __init__(self) -> None:
        # The driver has made the session.
        from pyspark.sql import SparkSession

        self._context: Any = SparkSession.builder.getOrCreate().sparkContext
        self._cancelled = threading.Event()

    def cores(self) -> int | None:
        """Return the cores of all executors, unless Spark asks for more of them by itself."""
        dynamic = self._context.getConf().get("spark.dynamicAllocation.enabled", "false")
        return None if dynamic == "true" else int(self._context.defaultParallelism)

    def executors(self) -> int:
        """Return how many executors there are; with a local master the driver is the only one."""
        known = int(self._context._jsc.sc().getExecutorMemoryStatus().size())
        return max(1, known - 1) if known > 1 else known

    def run(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        """Run a task on some executor.

        Raises
        ------
        TaskLostError
            When Spark has no result of it.
        """
        if self._cancelled.is_set():
            raise TaskLostError("the run is ending")
        self._context.setJobDescription(description)
        try:
            # Py4J raises what the JVM threw, of whatever class that is.
            found = self._context.parallelize([0], 1).map(lambda _: task()).collect()
        except Exception as exc:
            raise TaskLostError(_first_line(exc)) from exc
        end: TaskEnd = found[0]
        return end

    def cancel(self) -> None:
        """Cancel every job."""
        self._cancelled.set()
        self._context.cancelAllJobs()


def _first_line(exc: Exception) -> str:
    """Return what Spark says of a lost task, without the JVM's stack."""
    java = getattr(exc, "java_exception", None)
    text = str(java.getMessage()) if java is not None else str(exc)
    return text.strip().splitlines()[0] if text.strip() else type(exc).__name__
