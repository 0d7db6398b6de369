"""Running a run: its folder made, spark-submit started, progress shown, the true outcome read."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from ethlogs.errors import DeadlineError, EthlogsError, ExitStatus, InterruptedRunError, SubmissionError
from ethlogs.notify import ShowProgress
from ethlogs.run.command import note_command
from ethlogs.run.folder import PROGRESS, SETTINGS, RunFolder
from ethlogs.settings import RunSettings, to_json
from ethlogs.spark.submit import build_environment, start_spark_submit
from ethlogs.submission.causes import find_cause
from ethlogs.submission.outcome import build_missing_report, with_drivers_status

_POLL_SECONDS = 0.25
_LAST_LINES = 15
_ROOM_BYTES = 1 << 20
_KILL_SECONDS = 10.0
_ORPHAN_SECONDS = 20.0
"""For a driver that outlives spark-submit to end itself: it has 10 s for the current block."""
_GRACE_SECONDS = 60.0
"""For Spark to start and the driver to end itself, beyond the run's own limit."""


def run_locally(
    settings: RunSettings, folder: RunFolder, argv: Sequence[str], show_progress: ShowProgress
) -> dict[str, Any]:
    """Run the driver on this machine until it ends; returns its report.

    The first SIGINT or SIGTERM asks the driver to end after the current block, the second kills it.

    Raises
    ------
    SubmissionError
        When it ended without a report, with the last lines of its output.
    DeadlineError
        When it did not even end by itself at its ``--timeout``.
    InterruptedRunError
        When a second signal killed it.
    """
    limit = settings.timeout_seconds
    deadline = None if limit is None else time.monotonic() + limit + _GRACE_SECONDS
    with (
        _settings_for_driver(folder, settings),
        folder.log.open("wb") as log,
        _started(argv, log) as process,
        _passed_signals(folder, process) as signals,
    ):
        folder.log.chmod(0o600)
        while process.poll() is None:
            _wait(process)
            if deadline is not None and time.monotonic() > deadline:
                raise DeadlineError(
                    f"spark-submit did not end {_GRACE_SECONDS:g} seconds after --timeout {limit:g}",
                    hint=f"it was ended; its output is in {folder.log}",
                )
            progress = folder.read_json(PROGRESS)
            if progress is not None:
                show_progress(progress)
        _wait_for_orphan(process, folder)
    report = folder.read_report()
    if report is not None:
        return report
    if process.returncode == ExitStatus.DONE and not signals.killed:
        return build_missing_report(folder)
    raise _build_failure(folder, process.returncode, signals)


def _build_failure(folder: RunFolder, status: int, signals: Signals) -> EthlogsError:
    """Return why there is no report."""
    if signals.newest and not _is_up(folder):
        return InterruptedRunError(
            f"interrupted by {signals.name} before the driver was up: it began nothing",
            signal_number=signals.newest,
            hint="run the same command again",
        )
    if signals.newest:
        how = f"the driver was killed at the second {signals.name}"
        if not signals.killed:
            how = f"interrupted by {signals.name}, which ended spark-submit and the driver too"
        return InterruptedRunError(
            how,
            signal_number=signals.newest,
            hint=f"its output is in {folder.log}; what was committed stays, the same command resumes",
        )
    if shutil.disk_usage(folder.path).free < _ROOM_BYTES:
        error = SubmissionError(
            f"the driver left no report (it ended with status {status}): the disk of {folder.path} is full",
            hint="make room, or give another --run-dir; ethlogs status says where the stream is",
        )
    else:
        error = SubmissionError(
            f"spark-submit ended with status {status} and the driver left no report{_cause(folder)}; its last"
            f" lines:\n{last_lines(folder)}",
            hint=f"the whole output is in {folder.log}; what was committed stays, the same command resumes",
        )
    return with_drivers_status(error, status)


def _wait_for_orphan(process: subprocess.Popen[bytes], folder: RunFolder) -> None:
    """Wait for the report of a driver that outlives spark-submit.

    systemd sends SIGTERM to every process of a service. Spark's JVM ends at once, while the driver still
    finishes the current block and writes its report.
    """
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while folder.read_report() is None and time.monotonic() < deadline and _has_processes(process.pid):
        time.sleep(_POLL_SECONDS)


def _has_processes(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def _settings_for_driver(folder: RunFolder, settings: RunSettings) -> Iterator[None]:
    """Write the settings, which have passwords; they go when the driver has ended."""
    # First: where this process is killed, the next command knows by it whose the settings were.
    note_command(folder, settings)
    folder.write(SETTINGS, to_json(settings))
    try:
        yield
    finally:
        folder.remove(SETTINGS)


def last_lines(folder: RunFolder) -> str:
    """The end of the driver's output."""
    lines = _read_log(folder).splitlines()
    return "\n".join(f"    {line}" for line in lines[-_LAST_LINES:]) or "(no output)"


def _cause(folder: RunFolder) -> str:
    """The line that says why, where Java's traces behind it have pushed it out of the last ones."""
    output = _read_log(folder)
    cause = find_cause(output, output.splitlines()[-_LAST_LINES:])
    return f" ({cause})" if cause else ""


def _read_log(folder: RunFolder) -> str:
    try:
        return folder.log.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _is_up(folder: RunFolder) -> bool:
    """Return whether the driver has said anything: the first is that Spark is up."""
    progress = folder.read_json(PROGRESS)
    return progress is not None and bool(progress.get("notices"))


def _wait(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_POLL_SECONDS)


@contextlib.contextmanager
def _started(argv: Sequence[str], log: BinaryIO) -> Iterator[subprocess.Popen[bytes]]:
    """A spark-submit that leaves nothing behind: at the latest at the end of the block it is ended gently."""
    process = start_spark_submit(argv, log, build_environment(os.environ))
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind, not even the driver of a spark-submit that was killed."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_KILL_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Signals:
    """The signals that this process has received meanwhile."""

    newest: int | None = None
    killed: bool = False
    """Whether one of them killed the driver: every one after the first, or while Spark starts."""

    @property
    def name(self) -> str:
        """The newest one's name."""
        return signal.Signals(self.newest or signal.SIGTERM).name


@contextlib.contextmanager
def _passed_signals(folder: RunFolder, process: subprocess.Popen[bytes]) -> Iterator[Signals]:
    """Ask the driver to end at the first signal, kill it at the second.

    Until Spark is up the driver hears nothing, and has nothing that could be half done.
    """
    signals = Signals()

    def handle(number: int, _frame: object) -> None:
        is_first, signals.newest = signals.newest is None, number
        if is_first and _is_up(folder):
            folder.request_stop(number)
        else:
            signals.killed = True
            _kill(process)

    earlier = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
