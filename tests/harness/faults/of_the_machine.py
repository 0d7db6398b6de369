"""Faults that need more than one broker, a small disk or another clock: ``make test-long`` has them."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Iterator
from pathlib import Path

from ethlogs_devnet import KafkaCluster
from tests.harness.faults.fault import Fault, Meanwhile, System
from tests.harness.faults.stage import Stage

HOUR_SECONDS = 3600
_CHUNK_BYTES = 1 << 16


def kill_coordinator(stage: Stage, meanwhile: Meanwhile) -> None:
    """The run continues with the two brokers that are left, and again when they are three."""
    cluster = stage.kafka.broker
    assert isinstance(cluster, KafkaCluster)
    victim = cluster.coordinator
    victim.kill()
    meanwhile()
    stage.wait_for_blocks()
    victim.start()


def fill_disk_of_broker(disk: Path, stage: Stage, meanwhile: Meanwhile) -> None:
    """A broker without room for its only log folder ends; an operator makes room and starts it again."""
    broker = stage.kafka.one_broker
    with filled(disk):
        meanwhile()
        stage.wait_for(lambda: broker.pid is None, "the broker has ended")
    broker.start()


def fill_disk_of_run(disk: Path, stage: Stage, meanwhile: Meanwhile) -> None:
    """Without progress.json the run continues all the same."""
    with filled(disk):
        meanwhile()
        before = stage.committed()
        stage.wait_for(lambda: stage.committed() not in (None, before), "a block is committed")
        assert stage.run.is_running


def move_clock(clock: Path, stage: Stage, meanwhile: Meanwhile) -> None:
    """The driver's clock jumps an hour forward, then two back, then where it was."""
    for seconds in (HOUR_SECONDS, -HOUR_SECONDS):
        clock.write_text(str(seconds))
        stage.wait_for(lambda: abs(ahead(stage) - seconds) < HOUR_SECONDS / 2, "the clock has jumped")  # noqa: B023
        stage.wait_for_blocks()
    meanwhile()
    clock.write_text("0")


def ahead(stage: Stage) -> float:
    """How many seconds the driver's clock is ahead of the machine's."""
    return float(stage.driver.progress["at"]) - time.time()


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """A file takes all the room that a disk has left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(_CHUNK_BYTES))
        except OSError as exc:
            if exc.errno != errno.ENOSPC:
                raise
    try:
        yield
    finally:
        ballast.unlink()


COORDINATOR = Fault("coordinator of three brokers killed", System.KAFKA, kill_coordinator)
