"""Running tasks on the executors of the driver's SparkContext, one Spark job for each task.

A job of one task instead of a stage of many: no task waits for the slowest of a stage, a slot has at most one
task at a time, and Spark's UI shows each job with the heights that it works on.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ethlogs.backfill.task import TaskEnd
from ethlogs.spark.context import get_context
from ethlogs.spark.submit import parse_local_cluster

_YARN_EXECUTORS = 2
"""Spark's own default on YARN."""


class TaskLostError(Exception):
    """A task, or its executor, ended without a result."""


class TaskCancelledError(Exception):
    """The run is ending: its tasks are not run again, and what they leave open is ended with all slots."""


class Cluster(Protocol):
    """Something that runs tasks."""

    def cores(self) -> int | None:
        """Return how many tasks run at a time; ``None`` where executors come and go."""

    def executors(self) -> int:
        """Return how many executors there are now."""

    def run(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        """Run a task to its end; called from several threads."""

    def end_overdue(self, seconds: float) -> None:
        """End each task that has taken longer: whoever runs it finds it lost."""

    def end_lost(self) -> None:
        """End each task that was lost and waits to be run again: whoever runs it finds it lost."""

    def cancel(self) -> None:
        """End all tasks, and start no more."""


class SparkCluster:
    """The executors of this process's SparkContext."""

    def __init__(self, context: Any) -> None:
        """``context`` is the SparkContext."""
        self._context = context
        self._cancelled = threading.Event()
        self._numbers = itertools.count()
        self._watched: dict[str, float] = {}
        """The jobs that run, and when each of them began or last waited for an executor."""

    @classmethod
    def of_driver(cls) -> SparkCluster:
        """Return the executors of the context that the driver has made."""
        return cls(get_context())

    def cores(self) -> int | None:
        """Return the cores of all executors, unless Spark asks for more of them by itself."""
        configured = dict(self._context.getConf().getAll())
        return count_cores(str(self._context.master), configured, int(self._context.defaultParallelism))

    def executors(self) -> int:
        """Return how many executors there are; with a local master the driver is the only one."""
        if bool(self._context._jsc.sc().isLocal()):
            return 1
        # Spark counts the driver too.
        return max(0, int(self._context._jsc.sc().getExecutorMemoryStatus().size()) - 1)

    def run(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        """Run a task on some executor.

        Raises
        ------
        TaskLostError
            When Spark has no result of it.
        TaskCancelledError
            When the run is ending.
        """
        if self._cancelled.is_set():
            raise TaskCancelledError
        group = f"ethlogs-{next(self._numbers)}"
        self._context.setJobGroup(group, description)
        self._watched[group] = time.monotonic()
        try:
            # Py4J raises what the JVM threw, of whatever class that is.
            found = self._context.parallelize([0], 1).map(lambda _: task()).collect()
        except Exception as exc:
            if self._cancelled.is_set():
                raise TaskCancelledError from exc
            raise TaskLostError(_first_line(exc)) from exc
        finally:
            del self._watched[group]
        end: TaskEnd = found[0]
        return end

    def end_overdue(self, seconds: float) -> None:
        """Cancel the jobs of tasks that stand still, like one whose process was stopped.

        Spark knows that their executors live, and would wait for ever. A task that still waits for an
        executor is not overdue.
        """
        for group, since in list(self._watched.items()):
            if time.monotonic() - since < seconds:
                continue
            if self._is_at_work(group):
                self._context.cancelJobGroup(group)
            elif group in self._watched:
                self._watched[group] = time.monotonic()

    def end_lost(self) -> None:
        """Cancel the jobs whose task is lost though Spark does not count it as a failure.

        So it is where YARN has taken the container away. Spark would run the task again when some executor
        has room, and its transaction would stay open until then.
        """
        for group in list(self._watched):
            if any(stage.numFailedTasks for stage in self._stages(group)):
                self._context.cancelJobGroup(group)

    def _is_at_work(self, group: str) -> bool:
        return any(stage.numActiveTasks for stage in self._stages(group))

    def _stages(self, group: str) -> list[Any]:
        """What Spark knows of a job group's stages."""
        tracker = self._context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
        stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
        return [stage for stage in stages if stage]

    def cancel(self) -> None:
        """Cancel every job."""
        self._cancelled.set()
        self._context.cancelAllJobs()


def count_cores(master: str, configured: Mapping[str, str], registered: int) -> int | None:
    """Return how many tasks run at a time when all executors are there; ``None`` where they come and go.

    ``registered`` are the cores of those that are there now: on YARN the first ones come seconds after
    the driver.
    """
    if configured.get("spark.dynamicAllocation.enabled") == "true":
        return None
    local_cluster = parse_local_cluster(master)
    if local_cluster is not None:
        return local_cluster.executors * local_cluster.cores
    if master != "yarn":
        return registered
    executors = int(configured.get("spark.executor.instances", _YARN_EXECUTORS))
    return executors * int(configured.get("spark.executor.cores", 1))


def _first_line(exc: Exception) -> str:
    """Return what Spark says of a lost task, without the JVM's stack and the numbers of job and stage."""
    java = getattr(exc, "java_exception", None)
    text = str(java.getMessage()) if java is not None else str(exc)
    line = text.strip().splitlines()[0] if text.strip() else type(exc).__name__
    return line.rpartition("most recent failure: ")[2]
