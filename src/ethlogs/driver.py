"""The driver that spark-submit runs: a SparkContext first, then the job, then its report.

Whoever submitted it reads progress and report in the run's folder.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ethlogs import __version__
from ethlogs.attempt import Attempt, parse_attempt
from ethlogs.attempt_folder import AttemptFolder
from ethlogs.backoff import keep_trying
from ethlogs.cancellation import (
    AGAIN,
    GO_ON,
    StopSwitch,
    lose_container_on_signals,
    lost_container,
    stop_on_signals,
)
from ethlogs.context import RunContext
from ethlogs.errors import EthlogsError, ExitStatus, InterruptedRunError, SettingsError
from ethlogs.follow.ownership import superseded_by_attempt
from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.hadoop.patience import impatient
from ethlogs.hadoop.run_folder import HdfsRunFolder
from ethlogs.jobs import Job, build_job, find_job
from ethlogs.journal import Journal
from ethlogs.kafka.topics import list_hosts
from ethlogs.kerberos.package import require_gssapi
from ethlogs.run_command import is_command_gone
from ethlogs.run_folder import COMMAND, PROGRESS, REPORT, SETTINGS, STOP, RunFiles, RunFolder
from ethlogs.settings import RunSettings, from_json
from ethlogs.spark.context import get_context
from ethlogs.verdicts import is_final

_WATCH_SECONDS = 0.25
_STOP_SECONDS = 10.0
StartSpark = Callable[[], Any]


def main(arguments: Sequence[str]) -> int:
    """Run what the settings say; returns the exit status.

    The one argument is the run's folder: a path here, a URL on HDFS in a container of YARN, where the
    settings are a file beside this process.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # The driver's log has the notices of progress.json, with their times.
    logging.getLogger("ethlogs").setLevel(logging.INFO)
    place = arguments[0]
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
        earlier = keep_trying(lambda: folder.read_json(REPORT), patience)
        progress = keep_trying(lambda: folder.read_json(PROGRESS), patience)
    except EthlogsError as exc:
        logging.getLogger(__name__).error("%s; no success for %g seconds", exc, patience)
        return int(exc.exit_status)
    if earlier is not None and is_final(earlier):
        logging.getLogger(__name__).warning(
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
        _watch_for_stop(folder, stop, attempt)
        stop.check()
        relax_collector()
        with _secured(settings, stop, journal), _metrics(settings, journal):
            run_stoppable(job, stop)
    except EthlogsError as exc:
        # What somebody asked for needs no traceback.
        is_trouble = not isinstance(exc, InterruptedRunError)
        logging.getLogger(__name__).warning("%s", exc, exc_info=is_trouble)
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


@contextlib.contextmanager
def _secured(settings: RunSettings, stop: StopSwitch, journal: Journal) -> Iterator[None]:
    """Hold a ticket while the job runs, where it needs one, and know that the brokers take it.

    Raises
    ------
    KerberosError
        When there is none, naming what fails.
    """
    if settings.kerberos is None:
        yield
        return
    require_gssapi()
    from ethlogs.kerberos.keeper import kept_ticket

    with kept_ticket(settings.kerberos, settings.kafka.hosts, stop, journal.notify) as keeper:
        keeper.cover(list_hosts(settings.kafka))
        yield


@contextlib.contextmanager
def _metrics(settings: RunSettings, journal: Journal) -> Iterator[None]:
    """Serve metrics while the job runs, where that is asked for.

    Raises
    ------
    SettingsError
        When the environment cannot.
    """
    if settings.metrics_listen is None:
        yield
        return
    if importlib.util.find_spec("prometheus_client") is None:
        raise SettingsError(
            "--metrics-listen needs the Python package prometheus_client, which the driver's environment"
            " does not have",
            hint="add prometheus-client to the environment and pack it again, or leave --metrics-listen out"
            " and use ethlogs exporter",
            flag="--metrics-listen",
        )
    from ethlogs.metrics.driver_metrics import serve_run_metrics

    with serve_run_metrics(settings, journal, settings.metrics_listen, __version__):
        yield


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


def _watch_for_stop(folder: RunFiles, stop: StopSwitch, attempt: Attempt) -> None:
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
                stop.request(signal.SIGTERM, "spark-submit, which ran this driver, is gone")
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
