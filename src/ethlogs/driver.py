"""The driver that spark-submit runs: a SparkContext first, then the job, then its report.

Whoever submitted it reads progress and report in the run's folder.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import re
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ethlogs.cancellation import AGAIN, GO_ON, StopSwitch, stop_on_signals
from ethlogs.context import RunContext
from ethlogs.errors import TRIED_AGAIN, EthlogsError, ExitStatus, HadoopError, SettingsError
from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.hadoop.run_folder import HdfsRunFolder
from ethlogs.jobs import Job, build_job, find_job
from ethlogs.journal import Journal
from ethlogs.kafka.topics import list_hosts
from ethlogs.kerberos.package import require_gssapi
from ethlogs.run_folder import PROGRESS, REPORT, SETTINGS, STOP, RunFiles, RunFolder
from ethlogs.settings import RunSettings, from_json

_WATCH_SECONDS = 0.25
_STOP_SECONDS = 10.0
StartSpark = Callable[[str], Any]


def main(arguments: Sequence[str]) -> int:
    """Run what the settings say; returns the exit status.

    The one argument is the run's folder: a path here, a URL on HDFS in a container of YARN, where the
    settings are a file beside this process.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    place = arguments[0]
    if "://" not in place:
        here = RunFolder(Path(place))
        return _run_unless_final(_read_settings(here.path / SETTINGS), here, 1, start_spark)
    settings = _read_settings(Path(SETTINGS))
    # Before anything that can end the driver: YARN takes one without a SparkContext for a failure.
    spark = start_spark(settings.run)
    attempt = parse_attempt(os.environ.get("CONTAINER_ID", ""))
    folder = hdfs_folder(spark, place)
    settings = with_keytab(settings, spark)
    status = _run_unless_final(settings, folder, attempt, lambda _: spark)
    # One that was asked to stop has done what it was asked; with another status YARN would start it again.
    return ExitStatus.DONE if folder.read_json(STOP) is not None and status > 128 else status


def start_spark(run: str) -> Any:
    """The SparkSession; its name is the one that was submitted."""
    from pyspark.sql import SparkSession

    # In a container it looks for --py-files where they were on the submitter's machine, too.
    warnings.filterwarnings("ignore", "Failed to add file", RuntimeWarning)
    return SparkSession.builder.appName(f"ethlogs {run}").getOrCreate()


def with_keytab(settings: RunSettings, spark: Any) -> RunSettings:
    """The settings with the keytab that Spark has put into the container, under a name of its own."""
    if settings.kerberos is None or settings.kerberos.keytab is not None:
        return settings
    keytab = spark.sparkContext.getConf().get("spark.kerberos.keytab")
    return replace(settings, kerberos=replace(settings.kerberos, keytab=keytab))


def hdfs_folder(spark: Any, url: str) -> RunFiles:
    """The run's folder, through the JVM in which this driver's Spark runs."""
    configuration = spark.sparkContext._jsc.hadoopConfiguration()
    return HdfsRunFolder(HdfsFiles(spark.sparkContext._gateway, configuration), url)


def parse_attempt(container_id: str) -> int:
    """The attempt's number in a container's id, like container_e17_1700000000000_0001_02_000001; else 1."""
    match = re.fullmatch(r"container_(?:e\d+_)?\d+_\d+_(\d+)_\d+", container_id)
    return int(match.group(1)) if match else 1


def _read_settings(path: Path) -> RunSettings:
    try:
        return from_json(RunSettings, path.read_bytes())
    except OSError as exc:
        raise SettingsError(f"the driver's settings {path} cannot be read: {exc.strerror}") from exc


def _run_unless_final(settings: RunSettings, folder: RunFiles, attempt: int, start_spark: StartSpark) -> int:
    earlier = folder.read_json(REPORT)
    if earlier is not None and earlier["exitStatus"] not in TRIED_AGAIN:
        logging.getLogger(__name__).warning(
            "attempt %s ended for good: %s", earlier.get("attempt"), earlier.get("error") or "done"
        )
        return int(earlier["exitStatus"])
    return run_driver(settings, folder, attempt, start_spark)


def run_driver(settings: RunSettings, folder: RunFiles, attempt: int, start_spark: StartSpark) -> int:
    """Run in this process with a SparkContext; returns the exit status that report.json has too."""
    journal = Journal(
        settings.run,
        attempt,
        lambda snapshot: folder.write_json(PROGRESS, snapshot),
        folder.read_json(PROGRESS),
        folder.write_seconds,
    )
    hint = GO_ON if find_job(settings.job).kind.writes_stream else AGAIN
    stop = StopSwitch(settings.timeout_seconds, hint)
    job = build_job(RunContext(settings, attempt, stop, journal))
    journal.start()
    spark = None
    error: EthlogsError | None = None
    try:
        spark = start_spark(settings.run)
        journal.notify(f"the driver is up, with Spark {spark.version}{_after(journal.meter.seconds)}")
        # After Spark, which puts its own handler on SIGINT.
        stop_on_signals(stop)
        _watch_for_stop(folder, stop)
        relax_collector()
        with _secured(settings, stop, journal):
            run_stoppable(job, stop)
    except EthlogsError as exc:
        logging.getLogger(__name__).warning("%s", exc, exc_info=True)
        error = exc
    except Exception as exc:  # noqa: BLE001 - the outermost edge: a defect must reach the report
        traceback.print_exc()
        error = EthlogsError(
            f"a defect of ethlogs: {type(exc).__name__}: {exc}",
            hint=f"please report it with the driver's log; the run's folder is {folder.place}",
        )
    journal.close()
    report = job.report(error)
    _write_report(folder, report)
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


def _after(seconds: float) -> str:
    """On YARN the session was there before the clock was."""
    return f", after {seconds:.1f} s" if seconds >= 0.1 else ""


def _write_report(folder: RunFiles, report: dict[str, Any]) -> None:
    try:
        folder.write_json(REPORT, report)
    except (SettingsError, HadoopError) as exc:
        logging.getLogger(__name__).error("%s", exc)


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


def _watch_for_stop(folder: RunFiles, stop: StopSwitch) -> None:
    """Look for a request in the run folder, and for the end of whoever started this process."""
    parent = os.getppid()

    def watch() -> None:
        while not stop.requested:
            request = _read_request(folder)
            if request is not None:
                number = int(request.get("signal", signal.SIGTERM))
                stop.request(number, f"interrupted by {signal.Signals(number).name}")
            elif os.getppid() != parent:
                stop.request(signal.SIGTERM, "spark-submit, which ran this driver, is gone")
            threading.Event().wait(folder.write_seconds)

    threading.Thread(target=watch, name="stop", daemon=True).start()


def _read_request(folder: RunFiles) -> dict[str, Any] | None:
    """HDFS may be away for a while without harm: the next look finds the request."""
    try:
        return folder.read_json(STOP)
    except HadoopError as exc:
        logging.getLogger(__name__).warning("%s", exc)
        return None
