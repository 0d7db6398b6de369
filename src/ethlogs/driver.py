"""The driver that spark-submit runs: a SparkContext first, then the job, then its report.

Its one argument is the run's folder. Whoever submitted it reads progress and report there.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ethlogs.errors import EthlogsError, ExitStatus, SettingsError
from ethlogs.jobs import Job, build_job
from ethlogs.journal import Journal
from ethlogs.run_folder import PROGRESS, REPORT, SETTINGS, STOP, RunFolder
from ethlogs.settings import RunSettings, from_json
from ethlogs.stop import StopSwitch, stop_on_signals

_WATCH_SECONDS = 0.25
_STOP_SECONDS = 10.0
FINAL = frozenset({ExitStatus.DONE, ExitStatus.SETTINGS, ExitStatus.KERBEROS, ExitStatus.SUPERSEDED})
"""Verdicts that a later attempt cannot change."""


def main(arguments: Sequence[str]) -> int:
    """Run what the folder's settings say; returns the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    folder = RunFolder(Path(arguments[0]))
    earlier = folder.read_json(REPORT)
    if earlier is not None and earlier["exitStatus"] in FINAL:
        return int(earlier["exitStatus"])
    data = folder.read(SETTINGS)
    if data is None:
        raise SettingsError(f"there is no {SETTINGS} in {folder.path}")
    return run_driver(from_json(RunSettings, data), folder)


def run_driver(settings: RunSettings, folder: RunFolder, attempt: int = 1) -> int:
    """Run in this process with a SparkContext; returns the exit status that report.json has too."""
    earlier = folder.read_json(PROGRESS)
    journal = Journal(settings.run, attempt, lambda snapshot: folder.write_json(PROGRESS, snapshot), earlier)
    stop = StopSwitch(settings.timeout_seconds)
    job = build_job(settings, attempt, stop, journal)
    journal.start()
    error: EthlogsError | None = None
    try:
        spark = _start_spark(settings.run)
        journal.notify(f"the driver is up, with Spark {spark.version}, after {journal.meter.seconds:.1f} s")
        # After Spark, which puts its own handler on SIGINT.
        stop_on_signals(stop)
        _watch_for_stop(folder, stop)
        relax_collector()
        try:
            run_stoppable(job, stop)
        finally:
            spark.stop()
    except EthlogsError as exc:
        logging.getLogger(__name__).warning("%s", exc, exc_info=True)
        error = exc
    except Exception as exc:  # noqa: BLE001 - the outermost edge: a defect must reach the report
        traceback.print_exc()
        error = EthlogsError(
            f"a defect of ethlogs: {type(exc).__name__}: {exc}", hint=f"please report it with {folder.log}"
        )
    journal.close()
    report = job.report(error)
    try:
        folder.write_json(REPORT, report)
    except SettingsError as exc:
        logging.getLogger(__name__).error("%s", exc)
    return int(report["exitStatus"])


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


def relax_collector() -> None:
    """Let Python's cycle collector take a fiftieth of the driver's time instead of a tenth.

    The event logs of a few blocks are some 10,000 objects, all of which go again without its help. With
    the default thresholds it looks through them, and through all that was imported, again and again.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def _start_spark(run: str) -> Any:
    # On YARN an application without a SparkContext fails, however its driver ended.
    from pyspark.sql import SparkSession

    return SparkSession.builder.appName(f"ethlogs {run}").getOrCreate()


def _watch_for_stop(folder: RunFolder, stop: StopSwitch) -> None:
    """Look for a request in the run folder, and for the end of whoever started this process."""
    parent = os.getppid()

    def watch() -> None:
        while not stop.requested:
            request = folder.read_json(STOP)
            if request is not None:
                number = int(request.get("signal", signal.SIGTERM))
                stop.request(number, f"interrupted by {signal.Signals(number).name}")
            elif os.getppid() != parent:
                stop.request(signal.SIGTERM, "spark-submit, which ran this driver, is gone")
            threading.Event().wait(_WATCH_SECONDS)

    threading.Thread(target=watch, name="stop", daemon=True).start()
