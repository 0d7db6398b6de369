"""A run on this machine that nobody waits for: a process of its session keeps it until it ends.

It is the command that the driver looks for, so that the run outlives whoever started it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from ethlogs.errors import EthlogsError, ExitStatus, SubmissionError
from ethlogs.run.folder import COMMAND, LOG, REPORT, SETTINGS, RunFolder
from ethlogs.settings import RunSettings, from_json, to_json
from ethlogs.submission.local import last_lines, run_locally
from ethlogs.submission.shipping import take_files_into

ARGV = "argv.json"
_POLL_SECONDS = 0.05


def start_kept(settings: RunSettings, folder: RunFolder, argv: Sequence[str]) -> None:
    """Start the process that keeps a run; returns when it has begun.

    The files that settings name are copied as they are now, as they do to a cluster.

    Raises
    ------
    SubmissionError
        When it ends before it has begun.
    """
    folder.write(SETTINGS, to_json(take_files_into(settings, folder)))
    folder.write(ARGV, orjson.dumps(list(argv)))
    folder.write(LOG, b"")
    with folder.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Whoever waits for nothing leaves a zombie, which looks like a process that is there.
    threading.Thread(target=process.wait, name="keeper", daemon=True).start()
    try:
        while folder.read_json(COMMAND) is None and folder.read_report() is None:
            if process.poll() is not None:
                raise SubmissionError(
                    f"the process that keeps the run {folder.run} ended before it began:"
                    f"\n{last_lines(folder)}",
                    hint=f"its output is in {folder.log}",
                )
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        raise


def keep(folder: RunFolder) -> None:
    """Run the driver until it ends; where it leaves no report, write down why."""
    settings = from_json(RunSettings, folder.settings_file.read_bytes())
    argv = orjson.loads(folder.read(ARGV) or b"[]")
    report = _run(settings, folder, argv)
    if folder.read_report() is None:
        folder.write_json(REPORT, report)
    folder.remove_files()


def _run(settings: RunSettings, folder: RunFolder, argv: list[str]) -> dict[str, Any]:
    try:
        return run_locally(settings, folder, argv, lambda _progress: None)
    except EthlogsError as exc:
        return {"exitStatus": int(exc.exit_status), "error": str(exc), "hint": exc.hint}
    except Exception as exc:  # noqa: BLE001 - the outermost edge: nobody sees a traceback here
        traceback.print_exc()
        return {
            "exitStatus": int(ExitStatus.DEFECT),
            "error": f"a defect of ethlogs: {type(exc).__name__}: {exc}",
            "hint": f"please report it with {folder.log}",
        }


if __name__ == "__main__":
    keep(RunFolder(Path(sys.argv[1])))
