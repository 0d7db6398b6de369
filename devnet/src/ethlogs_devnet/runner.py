"""``ethlogs-devnet run``: services for as long as one command runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from ethlogs_devnet.control import answering_requests
from ethlogs_devnet.devnet import Devnet
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.options import DevnetOptions
from ethlogs_devnet.process import spawn
from ethlogs_devnet.progress import Report, step
from ethlogs_devnet.signals import handling, ignore
from ethlogs_devnet.state import build_state, clean_stale, locked_state, read_state, remove_state


def run_with_devnet(
    command: Sequence[str], folder: Path | None, options: DevnetOptions, report: Report
) -> int:
    """Start services, run ``command`` in their environment, end them; return the command's exit status."""
    with _state_folder(folder, report) as state_dir:
        devnet = Devnet(state_dir, report=report, **asdict(options))
        try:
            devnet.start()
            environment = devnet.environment()
            state = build_state(devnet.services, environment, asdict(options))
            with answering_requests(state_dir, devnet, state):
                return run_command(command, environment)
        finally:
            with handling(ignore), step(report, "services ended"):
                devnet.stop()


def run_command(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run a command on this process's terminal; return its exit status, 128 + n after signal n.

    A terminal's Ctrl-C reaches the command directly; SIGTERM and SIGHUP are passed on. Either way this
    waits until the command has ended.
    """
    running: list[subprocess.Popen[bytes]] = []
    asked: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if number != signal.SIGINT and running:
            running[0].send_signal(number)

    with handling(pass_on):
        process = spawn(command, env={**os.environ, **environment})
        running.append(process)
        if any(number != signal.SIGINT for number in asked):
            process.terminate()  # asked before there was something to pass it on to
        status = process.wait()
    return 128 - status if status < 0 else status


@contextmanager
def _state_folder(given: Path | None, report: Report) -> Iterator[Path]:
    """Give the folder asked for, or a private one that is removed afterwards."""
    if given is None:
        folder = Path(tempfile.mkdtemp(prefix="ethlogs-devnet-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    with locked_state(given):
        state = read_state(given)
        if state is not None and state.is_up():
            raise DevnetError(f"a devnet is up in {given}", hint="ethlogs-devnet down, or another --state")
        if clean_stale(given):
            report(f"cleaned {given}: the devnet in it had ended without being taken down")
        try:
            yield given
        finally:
            remove_state(given)
