"""What can happen to a backfill on executors, beside what strikes Kafka, the node and the follower."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from tests.harness.executors import Executor, kill_driver
from tests.harness.faults.fault import Fault, Meanwhile, System
from tests.harness.faults.history import START_SECONDS, BackfillRun, HistoryStage
from tests.harness.faults.stage import Stage
from tests.harness.running import wait_until

FROZEN_SECONDS = 14.0
"""Longer than an executor may be silent, so that others do its work before it continues."""


def kill_executor(stage: Stage, meanwhile: Meanwhile) -> None:
    """SIGKILL to its JVM and its Python, as a machine that is switched off."""
    for executor in _wait_for_executors(stage)[:1]:
        executor.send(signal.SIGKILL)
    meanwhile()


def kill_all_executors(stage: Stage, meanwhile: Meanwhile) -> None:
    """All machines at once; the driver lives."""
    for executor in _wait_for_executors(stage):
        executor.send(signal.SIGKILL)
    meanwhile()


def kill_worker(stage: Stage, meanwhile: Meanwhile) -> None:
    """The Python process of a task alone, as the kernel ends what takes too much memory."""
    for executor in _wait_for_executors(stage)[:1]:
        with suppress(ProcessLookupError):
            os.kill(executor.python[-1], signal.SIGKILL)
    meanwhile()


def freeze_executor(stage: Stage, meanwhile: Meanwhile) -> None:
    """SIGSTOP until Spark takes it for lost and others have done its work; then it continues."""
    frozen = _wait_for_executors(stage)[:1]
    for executor in frozen:
        executor.send(signal.SIGSTOP)
    meanwhile()
    stage.hold(FROZEN_SECONDS)
    for executor in frozen:
        executor.send(signal.SIGCONT)


def kill_backfill(stage: Stage, meanwhile: Meanwhile) -> None:
    """The driver and its JVM; its executors find out by themselves, and write until then."""
    backfill = _backfill(stage)
    if backfill.is_at_work:
        kill_driver(backfill.command)
        stage.wait_for(lambda: not backfill.is_running, "the command has ended")
    meanwhile()


def replace_backfill(stage: Stage, meanwhile: Meanwhile) -> None:
    """The same command with ``--replace`` while the first one works."""
    backfill = _backfill(stage)
    if not backfill.is_at_work:
        meanwhile()
        return
    older = backfill.type_again("--replace")
    meanwhile()
    stage.wait_for(lambda: older.process.poll() is not None, "the older backfill has ended")


def _backfill(stage: Stage) -> BackfillRun:
    assert isinstance(stage, HistoryStage)
    return stage.backfill


def _wait_for_executors(stage: Stage) -> list[Executor]:
    """Executors that are at work; none where history is filled. A command that has ended is typed again."""
    backfill = _backfill(stage)
    found: list[Executor] = []

    def at_work() -> bool:
        backfill.keep_running()
        found[:] = backfill.find_executors()
        return bool(found) or backfill.is_done

    wait_until(at_work, "an executor is at work", START_SECONDS)
    return found


FAULTS = (
    Fault("executor killed (SIGKILL)", System.EXECUTOR, kill_executor),
    Fault("all executors killed (SIGKILL)", System.EXECUTOR, kill_all_executors),
    Fault("Python worker of an executor killed (SIGKILL)", System.EXECUTOR, kill_worker),
    Fault(f"executor frozen for {FROZEN_SECONDS:g} s (SIGSTOP)", System.EXECUTOR, freeze_executor),
    Fault("driver of the backfill and its JVM killed (SIGKILL)", System.BACKFILL, kill_backfill),
    Fault("two backfills on one stream at once", System.BACKFILL, replace_backfill),
)
