"""What can happen to the run's own processes."""

from __future__ import annotations

import os
import signal
from functools import partial

from tests.harness.faults.fault import Fault, Meanwhile, System
from tests.harness.faults.stage import Setting, Stage


def end_driver(number: signal.Signals, stage: Stage, meanwhile: Meanwhile) -> None:
    """A signal to the driver's process."""
    stage.driver.signal(number)
    stage.wait_for(lambda: not stage.run.is_running, "the driver has ended")
    meanwhile()


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


def start_rival(stage: Stage, meanwhile: Meanwhile) -> None:
    """A second run on the same stream: the newest claim wins."""
    first = stage.driver
    rival = stage.start_rival()
    meanwhile()
    stage.wait_for(lambda: not first.is_running, "the first run has ended")
    rival.supersede(first)
    stage.replace_run(rival)


FAULTS = (
    Fault("driver killed (SIGKILL)", System.DRIVER, partial(end_driver, signal.SIGKILL)),
    Fault("driver ended (SIGTERM)", System.DRIVER, partial(end_driver, signal.SIGTERM)),
    Fault(
        "driver of `ethlogs produce` killed (SIGKILL)",
        System.DRIVER,
        kill_driver_of_command,
        Setting(spark=True),
    ),
    Fault("its JVM killed (SIGKILL)", System.DRIVER, kill_jvm, Setting(spark=True)),
    Fault("two runs on one stream at once", System.DRIVER, start_rival),
)
