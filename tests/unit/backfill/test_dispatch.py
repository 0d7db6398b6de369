"""The tasks of a backfill: how many at a time, in which order, and what a lost one means."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, cast

import pytest

from ethlogs.backfill.cluster import TaskLostError
from ethlogs.backfill.dispatch import Dispatcher, Step
from ethlogs.backfill.progress import BackfillProgress
from ethlogs.backfill.task import TaskEnd
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import InterruptedRunError, NodeUnavailableError, SubmissionError
from ethlogs.run.context import RunContext
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from tests.harness.backfilling import ThreadCluster

SETTINGS = RunSettings(
    "a-run", "backfill", NodeSettings(("http://node",), patience_seconds=0.0), KafkaSettings("k:1")
)


def notices(context: RunContext) -> list[str]:
    return [notice["text"] for notice in context.journal.snapshot()["notices"]]


@pytest.fixture
def context() -> RunContext:
    return RunContext(SETTINGS, 1, StopSwitch(), Journal("a-run", 1, lambda _snapshot: None))


def build(context: RunContext, cores: int = 2, slots: int = 32) -> Dispatcher:
    cluster = ThreadCluster(cores)
    progress = BackfillProgress(context.journal, cluster, cast(Any, None))
    return Dispatcher(context, cluster, slots, progress, lambda: None)


def test_a_step_is_followed_by_the_one_that_it_returns(context: RunContext) -> None:
    done: list[int] = []

    def step(number: int) -> Step:
        def do() -> Step | None:
            done.append(number)
            return step(number + 1) if number < 3 else None

        return do

    build(context).run_all([step(1)])
    assert done == [1, 2, 3]


def test_as_many_steps_run_at_a_time_as_there_are_cores_or_slots(context: RunContext) -> None:
    assert build(context, cores=8, slots=32).share().tasks == 8
    assert build(context, cores=8, slots=2).share().tasks == 2
    meet = threading.Barrier(3, timeout=60)

    def step() -> None:
        meet.wait()

    build(context, cores=3).run_all([step] * 3)


def test_an_error_of_a_step_ends_them_all(context: RunContext) -> None:
    def fail() -> None:
        raise NodeUnavailableError("the node is gone")

    with pytest.raises(NodeUnavailableError):
        build(context, cores=1).run_all([fail, fail])


def test_a_stop_ends_the_steps(context: RunContext) -> None:
    def step() -> Step:
        context.stop.request(15, "interrupted by SIGTERM")
        return step

    with pytest.raises(InterruptedRunError):
        build(context).run_all([step])


def test_the_error_of_a_task_is_raised_and_its_notices_are_said_once(context: RunContext) -> None:
    dispatcher = build(context)
    end = TaskEnd(NodeUnavailableError("no answer"), notices=["no debug methods", "no debug methods"])
    with pytest.raises(NodeUnavailableError, match="no answer"):
        dispatcher.run_task("a task", lambda: end)
    assert notices(context) == ["no debug methods"]


def test_a_lost_task_is_tried_again(context: RunContext) -> None:
    patient = replace(SETTINGS, node=replace(SETTINGS.node, patience_seconds=300.0))
    context = replace(context, settings=patient, stop=StopSwitch())
    failures = [TaskLostError("the executor was lost")]

    def step() -> None:
        if failures:
            raise failures.pop()

    dispatcher = build(context)
    assert dispatcher.until_not_lost(step) is None
    assert notices(context) == ["the executor was lost; trying again for up to 300 seconds"]
    assert context.journal.retries_by_kind()["task"] == 1


def test_tasks_that_are_lost_for_longer_than_the_patience_end_the_run(context: RunContext) -> None:
    def step() -> None:
        raise TaskLostError("the executor was lost")

    with pytest.raises(SubmissionError, match="no task on Spark's executors has done anything") as caught:
        build(context).until_not_lost(step)
    assert "executors' logs" in (caught.value.hint or "")


def test_each_task_has_another_number(context: RunContext) -> None:
    dispatcher = build(context)
    assert [dispatcher.next_number() for _ in range(3)] == [1, 2, 3]
