"""Tasks on Spark's executors: how many run at a time, and those that stand still.

Spark is a fake: tests/integration/test_backfill_executors.py has a real one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from ethlogs.backfill.cluster import SparkCluster, TaskCancelledError, TaskLostError, count_cores
from ethlogs.backfill.task import TaskEnd

INSTANCES, CORES = "spark.executor.instances", "spark.executor.cores"


@pytest.mark.parametrize(
    ("master", "configured", "cores"),
    [
        ("local[2]", {}, 7),
        ("local-cluster[4,2,1024]", {}, 8),
        ("yarn", {}, 2),
        ("yarn", {INSTANCES: "5"}, 5),
        ("yarn", {INSTANCES: "5", CORES: "4"}, 20),
        ("yarn", {INSTANCES: "5", "spark.dynamicAllocation.enabled": "true"}, None),
    ],
)
def test_executors_that_are_still_on_their_way_are_counted(
    master: str, configured: dict[str, str], cores: int | None
) -> None:
    assert count_cores(master, configured, 7) == cores


class FakeSpark:
    """A Spark whose one job stands still until it is cancelled."""

    def __init__(self, active_tasks: int) -> None:
        self.active_tasks = active_tasks
        self.failed_tasks = 0
        self.error = "Job 0 cancelled as part of cancellation of job group"
        self.begun, self.cancelled = threading.Event(), threading.Event()
        self.descriptions: list[str] = []

    def context(self) -> Any:
        """It, by the names that Spark gives its methods."""
        return SimpleNamespace(
            setJobGroup=self._set_job_group,
            parallelize=self._parallelize,
            cancelJobGroup=lambda _group: self.cancelled.set(),
            cancelAllJobs=self.cancelled.set,
            statusTracker=self._tracker,
        )

    def _set_job_group(self, _group: str, description: str) -> None:
        self.descriptions.append(description)

    def _parallelize(self, _numbers: list[int], _slices: int) -> Any:
        return SimpleNamespace(map=lambda _function: SimpleNamespace(collect=self._collect))

    def _collect(self) -> list[TaskEnd]:
        self.begun.set()
        assert self.cancelled.wait(60.0)
        raise RuntimeError(self.error)

    def _tracker(self) -> Any:
        return SimpleNamespace(
            getJobIdsForGroup=lambda _group: [0],
            getJobInfo=lambda _job: SimpleNamespace(stageIds=[0]),
            getStageInfo=lambda _stage: SimpleNamespace(
                numActiveTasks=self.active_tasks, numFailedTasks=self.failed_tasks
            ),
        )


@dataclass
class Running:
    """A task on a cluster, on a thread."""

    cluster: SparkCluster
    lost: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.cluster.run("slot 3: blocks 96 to 127", TaskEnd)
        except (TaskLostError, TaskCancelledError) as exc:
            self.lost.append(exc)

    def wait(self) -> str:
        """Wait until it is lost; returns why."""
        self._thread.join(60.0)
        return str(self.lost[0])


def test_a_task_that_stands_still_is_lost_and_one_that_waits_for_an_executor_is_not() -> None:
    spark = FakeSpark(active_tasks=0)
    cluster = SparkCluster(spark.context())
    running = Running(cluster)
    assert spark.begun.wait(60.0)
    cluster.end_overdue(0.0)
    assert not spark.cancelled.is_set()
    spark.active_tasks = 1
    cluster.end_overdue(1_000.0)
    assert not spark.cancelled.is_set()
    cluster.end_overdue(0.0)
    assert "cancelled as part of" in running.wait()
    assert spark.descriptions == ["slot 3: blocks 96 to 127"]


def test_a_task_whose_executor_was_taken_away_is_lost_though_spark_would_run_it_again() -> None:
    spark = FakeSpark(active_tasks=1)
    cluster = SparkCluster(spark.context())
    running = Running(cluster)
    assert spark.begun.wait(60.0)
    cluster.end_lost()
    assert not spark.cancelled.is_set()
    spark.active_tasks, spark.failed_tasks = 0, 1
    cluster.end_lost()
    assert "cancelled as part of" in running.wait()


def test_a_task_of_a_run_that_is_ending_is_not_a_lost_one() -> None:
    spark = FakeSpark(active_tasks=1)
    cluster = SparkCluster(spark.context())
    running = Running(cluster)
    assert spark.begun.wait(60.0)
    cluster.cancel()
    running.wait()
    assert [type(exc) for exc in running.lost] == [TaskCancelledError]
    with pytest.raises(TaskCancelledError):
        cluster.run("slot 4", TaskEnd)


def test_a_lost_task_is_described_by_what_happened_to_it() -> None:
    spark = FakeSpark(active_tasks=1)
    lost = "Lost task 0.0 in stage 3.0 (TID 7) (host executor 1): ExecutorLostFailure"
    spark.error = (
        f"Job aborted due to stage failure: Task 0 failed 1 times, most recent failure: {lost}\n\tat x"
    )
    spark.cancelled.set()
    assert Running(SparkCluster(spark.context())).wait() == lost


@pytest.mark.parametrize(
    ("is_local", "registered", "executors"), [(True, 1, 1), (False, 1, 0), (False, 3, 2)]
)
def test_the_driver_counts_as_an_executor_only_where_it_does_the_work(
    *, is_local: bool, registered: int, executors: int
) -> None:
    status = SimpleNamespace(size=lambda: registered)
    scala = SimpleNamespace(isLocal=lambda: is_local, getExecutorMemoryStatus=lambda: status)
    context = SimpleNamespace(_jsc=SimpleNamespace(sc=lambda: scala))
    assert SparkCluster(context).executors() == executors
