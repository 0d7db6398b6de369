"""Tasks on Spark's executors: how many run at a time, and those that stand still.

Spark is a fake: tests/integration/test_backfill_executors.py has a real one.
"""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from ethlogs.backfill.cluster import SparkCluster, TaskLostError, count_cores
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
        self.begun, self.cancelled = threading.Event(), threading.Event()
        self.descriptions: list[str] = []

    def context(self) -> Any:
        """It, by the names that Spark gives its methods."""
        return SimpleNamespace(
            setJobGroup=self._set_job_group,
            parallelize=self._parallelize,
            cancelJobGroup=lambda _group: self.cancelled.set(),
            statusTracker=self._tracker,
        )

    def _set_job_group(self, _group: str, description: str) -> None:
        self.descriptions.append(description)

    def _parallelize(self, _numbers: list[int], _slices: int) -> Any:
        return SimpleNamespace(map=lambda _function: SimpleNamespace(collect=self._collect))

    def _collect(self) -> list[TaskEnd]:
        self.begun.set()
        assert self.cancelled.wait(60.0)
        raise RuntimeError("Job 0 cancelled as part of cancellation of job group")

    def _tracker(self) -> Any:
        return SimpleNamespace(
            getJobIdsForGroup=lambda _group: [0],
            getJobInfo=lambda _job: SimpleNamespace(stageIds=[0]),
            getStageInfo=lambda _stage: SimpleNamespace(numActiveTasks=self.active_tasks),
        )


def test_a_task_that_stands_still_is_lost_and_one_that_waits_for_an_executor_is_not() -> None:
    spark = FakeSpark(active_tasks=0)
    cluster = SparkCluster(spark.context())
    lost: list[TaskLostError] = []

    def run() -> None:
        try:
            cluster.run("slot 3: blocks 96 to 127", TaskEnd)
        except TaskLostError as exc:
            lost.append(exc)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert spark.begun.wait(60.0)
    cluster.end_overdue(0.0)
    assert not spark.cancelled.is_set()
    spark.active_tasks = 1
    cluster.end_overdue(1_000.0)
    assert not spark.cancelled.is_set()
    cluster.end_overdue(0.0)
    thread.join(60.0)
    assert "cancelled as part of" in str(lost[0])
    assert spark.descriptions == ["slot 3: blocks 96 to 127"]


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
