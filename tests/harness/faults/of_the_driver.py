"""What can happen to the run's own processes."""

from __future__ import annotations

import os
import signal
from functools import partial

from tests.harness.faults.fault import Fault, Meanwhile, System
from tests.harness.faults.stage import Setting, Stage

FOLDER_SECONDS = 10.0
YARN_SECONDS = 0.25
"""Between YARN's two signals to a container."""


def end_driver(number: signal.Signals, stage: Stage, meanwhile: Meanwhile) -> None:
    """A signal to the driver's process."""
    stage.driver.signal(number)
    stage.wait_for(lambda: not stage.run.is_running, "the driver has ended")
    meanwhile()


def end_container(stage: Stage, meanwhile: Meanwhile) -> None:
    """What YARN does to the driver: SIGTERM, and SIGKILL 250 ms later."""
    stage.driver.signal(signal.SIGTERM)
    stage.hold(YARN_SECONDS)
    stage.driver.kill()
    meanwhile()


def replace_zombie(stage: Stage, meanwhile: Meanwhile) -> None:
    """A node that is cut off: YARN starts the next attempt, and the earlier one comes back to life."""
    stage.driver.signal(signal.SIGSTOP)
    zombie = stage.driver.start_next_attempt()
    meanwhile()
    stage.wait_for_blocks()
    zombie.send_signal(signal.SIGCONT)
    stage.wait_for(lambda: zombie.poll() is not None, "the earlier attempt has ended")


def kill_driver_of_command(stage: Stage, meanwhile: Meanwhile) -> None:
    """The driver's Python, where spark-submit has started it."""
    os.kill(stage.command.command.driver_pid(), signal.SIGKILL)
    stage.wait_for(lambda: not stage.run.is_running, "the command has ended")
    meanwhile()


def kill_jvm(stage: Stage, meanwhile: Meanwhile) -> None:
    """The JVM of spark-submit; what it leaves behind must end, too."""
    os.kill(stage.command.command.jvm_pid(), signal.SIGKILL)
    stage.wait_for(lambda: not stage.run.is_running, "the command has ended")
    meanwhile()


def take_run_folder(stage: Stage, meanwhile: Meanwhile) -> None:
    """Whatever the driver reads or writes in its run folder is refused for a while.

    On a cluster the folder is on HDFS; a refusal of that one is the same to the driver. Here a file takes the
    place of the folder, since its permissions would keep nobody out who runs tests as root.
    """
    folder = stage.driver.run_folder
    away = folder.with_name(f"{folder.name}-away")
    folder.rename(away)
    try:
        folder.touch()
        before = stage.committed()
        meanwhile()
        stage.hold(FOLDER_SECONDS)
        stage.wait_for(lambda: stage.committed() not in (None, before), "a block is committed all the same")
    finally:
        folder.unlink()
        away.rename(folder)


def start_rival(stage: Stage, meanwhile: Meanwhile) -> None:
    """A second run on the same stream: the newest claim wins."""
    first = stage.driver
    rival = stage.start_rival()
    meanwhile()
    stage.wait_for(lambda: not first.is_running, "the first run has ended")
    rival.supersede(first)
    stage.replace_run(rival)


FAULTS = (
    Fault("driver killed (SIGKILL)", System.DRIVER, partial(end_driver, signal.SIGKILL), ends_driver=True),
    Fault("driver ended (SIGTERM)", System.DRIVER, partial(end_driver, signal.SIGTERM), ends_driver=True),
    Fault(
        "container ended by YARN (SIGTERM, SIGKILL 250 ms later)",
        System.DRIVER,
        end_container,
        Setting(container=True),
        ends_driver=True,
    ),
    Fault(
        "container ended by SIGTERM alone",
        System.DRIVER,
        partial(end_driver, signal.SIGTERM),
        Setting(container=True),
        ends_driver=True,
    ),
    Fault(
        "an attempt comes back after the next one has begun",
        System.DRIVER,
        replace_zombie,
        Setting(container=True),
        ends_driver=True,
    ),
    Fault(
        "driver of `ethlogs produce` killed (SIGKILL)",
        System.DRIVER,
        kill_driver_of_command,
        Setting(spark=True),
        ends_driver=True,
    ),
    Fault("its JVM killed (SIGKILL)", System.DRIVER, kill_jvm, Setting(spark=True), ends_driver=True),
    Fault(
        f"run folder (HDFS on a cluster) that refuses everything for {FOLDER_SECONDS:g} s",
        System.DRIVER,
        take_run_folder,
    ),
    Fault("two runs on one stream at once", System.DRIVER, start_rival, ends_driver=True),
)
