"""Stopping a driver: requests, whoever started it, and a job that does not end."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import Any

from ethlogs.cancellation import StopSwitch, lost_container
from ethlogs.driver.jobs import Job
from ethlogs.errors import EthlogsError, SubmissionError
from ethlogs.run.attempt import Attempt
from ethlogs.run.command import is_command_gone
from ethlogs.run.folder import COMMAND, STOP, RunFiles

_WATCH_SECONDS = 0.25
_STOP_SECONDS = 10.0


def run_stoppable(job: Job, stop: StopSwitch) -> None:
    """Run the job, but leave it behind when it does not end soon after it was asked to stop.

    A request to a frozen node lasts until its timeout. What the job had not committed is never
    visible: Kafka or the next run aborts it.

    Raises
    ------
    EthlogsError
        As the job raised it, or why it was ended.
    """
    errors: list[BaseException] = []

    def run() -> None:
        try:
            job.run()
        except BaseException as exc:  # noqa: BLE001 - raised again on the main thread
            errors.append(exc)

    thread = threading.Thread(target=run, name="job", daemon=True)
    thread.start()
    while thread.is_alive() and not stop.requested:
        thread.join(_WATCH_SECONDS)
    thread.join(_STOP_SECONDS)
    if errors:
        raise errors[0]
    if thread.is_alive():
        stop.check()


def watch_for_stop(folder: RunFiles, stop: StopSwitch, attempt: Attempt) -> None:
    """Look for a request in the run folder, and for the end of whoever started this process.

    The first look is taken at once: an attempt may begin after the user has asked the run to stop.
    """
    parent = os.getppid()
    command = None if attempt.in_container else _read_quietly(folder, COMMAND)
    _look_for_request(folder, stop)

    def watch() -> None:
        while not stop.requested:
            if is_command_gone(command):
                stop.request(signal.SIGTERM, "the command that started this run is gone")
            elif os.getppid() == parent:
                _look_for_request(folder, stop)
            elif attempt.in_container:
                stop.fail(lost_container("the application master, which ran this driver, is gone"))
            else:
                # A signal to all processes ends spark-submit first, and what the user asked for counts.
                _look_for_request(folder, stop)
                stop.fail(SubmissionError("spark-submit, which ran this driver, is gone", hint=stop.hint))
            threading.Event().wait(folder.write_seconds)

    threading.Thread(target=watch, name="stop", daemon=True).start()


def _look_for_request(folder: RunFiles, stop: StopSwitch) -> None:
    request = _read_quietly(folder, STOP)
    if request is not None:
        number = int(request.get("signal", signal.SIGTERM))
        stop.request(number, f"interrupted by {signal.Signals(number).name}")


def _read_quietly(folder: RunFiles, name: str) -> dict[str, Any] | None:
    """Read a file; HDFS may be away or refuse for a while without harm, since the next look finds it."""
    try:
        return folder.read_json(name)
    except EthlogsError as exc:
        logging.getLogger(__name__).warning("%s", exc)
        return None
