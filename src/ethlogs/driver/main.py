"""The driver that spark-submit runs: a SparkContext first, then the job, then its report.

Whoever submitted it reads progress and report in the run's folder.
"""

from __future__ import annotations

import gc
import logging
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ethlogs.backoff import keep_trying
from ethlogs.cancellation import (
    AGAIN,
    GO_ON,
    StopSwitch,
    lose_container_on_signals,
    stop_on_signals,
)
from ethlogs.driver.attempt_folder import AttemptFolder
from ethlogs.driver.jobs import build_job, find_job
from ethlogs.driver.services import held_ticket, served_metrics
from ethlogs.driver.stop import run_stoppable, watch_for_stop
from ethlogs.errors import EthlogsError, ExitStatus, SettingsError
from ethlogs.follow.ownership import superseded_by_attempt
from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.hadoop.patience import impatient
from ethlogs.hadoop.run_folder import HdfsRunFolder
from ethlogs.run.attempt import Attempt, parse_attempt
from ethlogs.run.context import RunContext
from ethlogs.run.folder import PROGRESS, SETTINGS, RunFiles, RunFolder
from ethlogs.run.journal import Journal
from ethlogs.run.verdicts import is_final
from ethlogs.settings import RunSettings, from_json
from ethlogs.spark.context import get_context

StartSpark = Callable[[], Any]


def main(arguments: Sequence[str]) -> int:
    """Run what the settings say; returns the exit status.

    The one argument is the run's folder: a path here, a URL on HDFS in a container of YARN, where the
    settings are a file beside this process.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # The driver's log has the notices of progress.json, with their times.
    logging.getLogger("ethlogs").setLevel(logging.INFO)
    try:
        return _run_in(arguments[0])
    except EthlogsError as exc:  # before there is a folder that a report could be written to
        _log_end(exc)
        return int(exc.exit_status)


def _run_in(place: str) -> int:
    if "://" not in place:
        folder = RunFolder(Path(place))
        return run_attempt(_read_settings(folder.settings_file), folder, Attempt(), get_context)
    settings = _read_settings(Path(SETTINGS))
    # Before anything that can end the driver: YARN takes one without a SparkContext for a failure.
    spark = get_context()
    attempt = Attempt(parse_attempt(os.environ.get("CONTAINER_ID", "")), in_container=True)
    status = run_attempt(with_keytab(settings, spark), hdfs_folder(spark, place), attempt, lambda: spark)
    # A run that was asked to stop has done what it was asked; YARN would start another status again.
    return ExitStatus.DONE if status > 128 else status


def with_keytab(settings: RunSettings, spark: Any) -> RunSettings:
    """The settings with the keytab that Spark has put into the container, under its own name."""
    if settings.kerberos is None or settings.kerberos.keytab is not None:
        return settings
    keytab = spark.getConf().get("spark.kerberos.keytab")
    return replace(settings, kerberos=replace(settings.kerberos, keytab=keytab))


def hdfs_folder(spark: Any, url: str) -> RunFiles:
    """The run's folder, through the JVM in which this driver's Spark runs."""
    gateway = spark._gateway
    configuration = impatient(gateway.jvm, spark._jsc.hadoopConfiguration())
    return HdfsRunFolder(HdfsFiles(gateway, configuration), url)


def _read_settings(path: Path) -> RunSettings:
    try:
        return from_json(RunSettings, path.read_bytes())
    except OSError as exc:
        raise SettingsError(f"the driver's settings {path} cannot be read: {exc.strerror}") from exc


def run_attempt(settings: RunSettings, folder: RunFiles, attempt: Attempt, start_spark: StartSpark) -> int:
    """Run unless an earlier attempt has ended the run for good; returns the exit status.

    Nothing is begun before the folder says whether one has.
    """
    patience = settings.node.patience_seconds
    try:
        earlier = keep_trying(lambda: folder.read_report(), patience)
        progress = keep_trying(lambda: folder.read_json(PROGRESS), patience)
    except EthlogsError as exc:
        logging.getLogger(__package__).error("no success for %g seconds", patience)
        _log_end(exc)
        return int(exc.exit_status)
    if earlier is not None and is_final(earlier):
        logging.getLogger(__package__).warning(
            "attempt %s ended the run: %s", earlier.get("attempt"), earlier.get("error") or "done"
        )
        AttemptFolder(folder, attempt).end_for_good(earlier, start_spark() if attempt.in_container else None)
        return int(earlier["exitStatus"])
    return run_driver(settings, folder, attempt, progress, start_spark)


def run_driver(
    settings: RunSettings,
    folder: RunFiles,
    attempt: Attempt,
    earlier: dict[str, Any] | None,
    start_spark: StartSpark,
) -> int:
    """Run in this process with a SparkContext; returns the exit status that report.json has too.

    ``earlier`` is the progress of the attempt before.
    """
    hint = GO_ON if find_job(settings.job).kind.writes_stream else AGAIN
    started_at = (earlier or {}).get("startedAt")
    stop = StopSwitch(settings.timeout_seconds, hint, gone_seconds=_seconds_since(started_at))
    ours = AttemptFolder(folder, attempt)
    write = partial(_write_progress, ours, stop)
    journal = Journal(settings.run, attempt.number, write, earlier, folder.write_seconds)
    job = build_job(RunContext(settings, attempt.number, stop, journal, folder.settings_file))
    journal.start()
    spark = None
    error: EthlogsError | None = None
    try:
        spark = start_spark()
        journal.notify(f"the driver is up, with Spark {spark.version}{_after(journal.meter.seconds)}")
        # After Spark, which puts its own handler on SIGINT where it is started by the main thread.
        if attempt.in_container:
            lose_container_on_signals(stop)
        else:
            stop_on_signals(stop)
        watch_for_stop(folder, stop, attempt)
        stop.check()
        relax_collector()
        with held_ticket(settings, stop, journal), served_metrics(settings, journal):
            run_stoppable(job, stop)
    except EthlogsError as exc:
        _log_end(exc)
        error = exc
    except Exception as exc:  # noqa: BLE001 - the outermost edge: a defect must reach the report
        traceback.print_exc()
        error = EthlogsError(
            f"a defect of ethlogs: {type(exc).__name__}: {exc}",
            hint=f"please report it with the driver's log; the run's folder is {folder.place}",
        )
    journal.close()
    report = job.report(error)
    ours.write_report(report)
    if is_final(report) or not attempt.in_container:
        ours.end_for_good(report, spark)
    if spark is not None:
        spark.stop()
    return int(report["exitStatus"])


def _log_end(error: EthlogsError) -> None:
    """Log the end as a command shows one: an error that was raised on purpose needs no traceback."""
    # Lines that are indented belong to the one before them, also for "ethlogs tail".
    hint = f"\n  what to do: {error.hint}" if error.hint else ""
    logging.getLogger(__package__).warning("%s%s\n  exit status: %d", error, hint, error.exit_status)


def _seconds_since(started_at: float | None) -> float:
    """Since the run's first attempt began: its node's clock may be another one, and never counts back."""
    return max(0.0, time.time() - started_at) if started_at else 0.0


def _write_progress(folder: AttemptFolder, stop: StopSwitch, snapshot: dict[str, Any]) -> None:
    """Write a snapshot; an attempt that sees a later one's ends."""
    later = folder.write_progress(snapshot)
    if later is not None:
        stop.fail(superseded_by_attempt(later))


def _after(seconds: float) -> str:
    """On YARN the session was there before the clock was."""
    return f", after {seconds:.1f} s" if seconds >= 0.1 else ""


def relax_collector() -> None:
    """Let Python's cycle collector take a fiftieth of the driver's time instead of a tenth.

    The event logs of a few blocks are some 10,000 objects, all of which go again without its help. With
    the default thresholds it looks through them, and through all that was imported, again and again.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
