"""The process that ``ethlogs-devnet up`` leaves in the background, and how it is started and ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from ethlogs_devnet.control import answer_requests
from ethlogs_devnet.devnet import Devnet
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.options import DevnetOptions
from ethlogs_devnet.progress import Report, to_stderr
from ethlogs_devnet.signals import InterruptedBySignal, handling, raise_interrupted
from ethlogs_devnet.state import (
    DevnetState,
    build_state,
    clean_stale,
    locked_state,
    read_state,
    remove_state,
    write_state,
)

_DOWN_SECONDS = 60.0


def bring_up(
    folder: Path, options: DevnetOptions, report: Report, insisted: Collection[str] = ()
) -> DevnetState:
    """Return the devnet of ``folder``; start it in the background where it is not up.

    ``insisted`` names the options that one which is up already must have too.

    Raises
    ------
    DevnetError
        When it cannot be started, or one is up that has other values of the options insisted on.
    """
    with locked_state(folder):
        state = read_state(folder)
        if state is not None and state.is_up():
            _require_options(folder, state, options, insisted)
            report(f"already up in {folder} (process {state.supervisor.pid})")
            return state
        if clean_stale(folder):
            report(f"cleaned {folder}: the devnet in it had ended without being taken down")
        return _start_supervisor(folder, options)


def take_down(folder: Path, report: Report, *, keep_data: bool = False) -> None:
    """End the devnet of ``folder`` and remove its data."""
    with locked_state(folder):
        state = read_state(folder)
        if state is None or not state.is_up():
            clean_stale(folder)
            report(f"not up in {folder}")
        else:
            state.supervisor.end(_DOWN_SECONDS)
            report("down")
        remove_state(folder, keep_data=keep_data)


def _require_options(
    folder: Path, state: DevnetState, options: DevnetOptions, insisted: Collection[str]
) -> None:
    wanted = {name: value for name, value in asdict(options).items() if name in insisted}
    lacking = [
        f"--{name.replace('_', '-')}" + ("" if value is True else f" {value}")
        for name, value in wanted.items()
        if state.options.get(name, value) != value
    ]
    if lacking:
        raise DevnetError(
            f"a devnet without {', '.join(lacking)} is up in {folder}",
            hint="ethlogs-devnet down, then up again, or another --state",
        )


def _start_supervisor(folder: Path, options: DevnetOptions) -> DevnetState:
    log = folder / "supervisor.log"
    program = [sys.executable, "-m", "ethlogs_devnet.supervisor"]
    command = [*program, str(folder), json.dumps(asdict(options))]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        return _wait_until_up(folder, process, log)
    except BaseException:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise


def _wait_until_up(folder: Path, process: subprocess.Popen[bytes], log: Path) -> DevnetState:
    """Pass the supervisor's lines on until it has written its state."""
    with log.open() as lines:
        while True:
            ended = process.poll() is not None
            state = read_state(folder)
            sys.stderr.write(lines.read())
            sys.stderr.flush()
            if state is not None:
                process.returncode = 0  # it outlives this object on purpose
                return state
            if ended:
                error = DevnetError("the devnet could not be started", hint=f"the log is {log}")
                error.exit_status = process.returncode
                raise error
            time.sleep(0.05)


def supervise(folder: Path, options: DevnetOptions) -> int:
    """Run a devnet until a signal asks to end it; return the exit status."""
    try:
        with (
            handling(raise_interrupted),
            Devnet(folder, report=to_stderr, **asdict(options)) as devnet,
        ):
            write_state(folder, build_state(devnet.services, devnet.environment(), asdict(options)))
            answer_requests(folder, devnet, threading.Event())  # a signal ends it
    except InterruptedBySignal:
        remove_state(folder, keep_data=True)
    except DevnetError as error:
        to_stderr(f"{error}{f' ({error.hint})' if error.hint else ''}")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(supervise(Path(sys.argv[1]), DevnetOptions(**json.loads(sys.argv[2]))))
