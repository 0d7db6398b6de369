"""The driver that spark-submit runs: a SparkContext first, then the run, then its report.

Its one argument is the run's folder. Whoever submitted it reads progress and report there.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ethlogs.errors import EthlogsError, ExitStatus, SettingsError
from ethlogs.follow import follow_chain
from ethlogs.journal import Journal
from ethlogs.report import Report
from ethlogs.run_folder import PROGRESS, REPORT, SETTINGS, STOP, RunFolder
from ethlogs.settings import RunSettings, from_json
from ethlogs.stop import StopSwitch, stop_on_signals

_WATCH_SECONDS = 0.25
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
    journal = Journal(settings.run, attempt, lambda snapshot: folder.write_json(PROGRESS, snapshot))
    journal.start()
    error: EthlogsError | None = None
    try:
        spark = _start_spark(settings.run)
        stop = StopSwitch(settings.timeout_seconds)
        # After Spark, which puts its own handler on SIGINT.
        stop_on_signals(stop)
        _watch_for_stop(folder, stop)
        try:
            follow_chain(settings, attempt, stop, journal)
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
    report = build_report(settings, journal, attempt, error)
    folder.write_json(REPORT, report.to_dict())
    return report.exitStatus


def build_report(
    settings: RunSettings, journal: Journal, attempt: int, error: EthlogsError | None
) -> Report:
    """The report of a run that ended, with ``error`` or without."""
    counters, plan, meter = journal.meter.counters, journal.plan, journal.meter
    return Report(
        exitStatus=int(error.exit_status if error else ExitStatus.DONE),
        error=str(error) if error else None,
        hint=error.hint if error else None,
        run=settings.run,
        attempt=attempt,
        chainId=journal.chain_id,
        topic=settings.stream.topic,
        ledgerTopic=settings.stream.ledger_topic,
        proof=settings.follow.proof,
        range={"first": plan.first, "last": plan.last} if plan else None,
        firstBlock=counters.first_block,
        lastBlock=counters.last_block,
        blocks=counters.blocks,
        logs=counters.logs,
        tip={"number": counters.last_block, "hash": counters.tip_hash} if counters.tip_hash else None,
        reorgs=counters.reorgs,
        retries=journal.retries,
        seconds=round(meter.seconds, 3),
        logsPerSecond=round(meter.logs_per_second(), 1),
        latencyMs=meter.latency_ms(),
    )


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
                stop.request(int(request.get("signal", signal.SIGTERM)), "interrupted: a stop was requested")
            elif os.getppid() != parent:
                stop.request(signal.SIGTERM, "spark-submit, which ran this driver, is gone")
            threading.Event().wait(_WATCH_SECONDS)

    threading.Thread(target=watch, name="stop", daemon=True).start()
