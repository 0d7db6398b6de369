"""The run that faults strike, and what whoever looks after it does when it has ended."""

from __future__ import annotations

import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from ethlogs.errors import ExitStatus, SettingsError
from ethlogs.run.verdicts import MAY_PASS
from ethlogs.settings import RunSettings
from tests.harness.commands import Command
from tests.harness.running import RunInProcess, another_run, wait_until
from tests.harness.streams import Stream

_LEFT_OUT = re.compile(r"$|\s|master |spark-submit /|run |[\d,]+ blocks? · ")
"""Of what a command says: its head, its counters, and the end of Spark's log that an error shows."""
NEXT_ATTEMPT = "the run's next attempt"
SAME_COMMAND = "the same command again"


class Run(Protocol):
    """What the stage asks of a run, however it is started."""

    needed: list[str]
    """What was done to continue each time that it had ended."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""

    @property
    def told(self) -> list[str]:
        """Every sentence that its user was shown so far."""

    @property
    def tip(self) -> int:
        """The newest block that it has told of."""

    def go_on(self) -> None:
        """Start it again, as a cluster or an operator would."""

    def ask_to_end(self) -> None:
        """Ask it to end after the current block."""

    def wait(self) -> int:
        """Its exit status."""

    def kill(self) -> None:
        """SIGKILL, if it still runs."""


class DriverRun:
    """The driver's process without Spark, attempt after attempt as a cluster would start it."""

    def __init__(self, settings: RunSettings, folder: Path, *, in_container: bool = False) -> None:
        self._folder = folder
        self._in_container = in_container
        self._before: list[str] = []
        self._tip = -1
        self._zombies: list[subprocess.Popen[bytes]] = []
        self.needed: list[str] = []
        self._begin(settings)

    def _begin(self, settings: RunSettings) -> None:
        self.settings = settings
        self._attempt = 1
        self._process = RunInProcess(settings, self._folder)
        self._process.start(*[self._attempt] * self._in_container)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_running

    @property
    def told(self) -> list[str]:
        """The notices of every attempt, and how each ended."""
        return [*self._before, *self._told_now()]

    @property
    def tip(self) -> int:
        """The newest block in progress.json; that of the attempt before where it has none yet."""
        found = self.progress.get("tip")
        self._tip = self._tip if found is None else found
        return self._tip

    @property
    def pid(self) -> int:
        """The process of the present attempt."""
        return self._process.process.pid

    @property
    def attempt(self) -> int:
        """The number of the present attempt."""
        return self._attempt

    @property
    def run_folder(self) -> Path:
        """Where the driver writes its progress."""
        return self._process.folder.path

    @property
    def progress(self) -> dict[str, Any]:
        """Of the present attempt; empty while the folder cannot be read."""
        progress: dict[str, Any] = {}
        with suppress(SettingsError):
            progress = self._process.progress
        return progress if progress.get("attempt") == self._attempt else {}

    def _told_now(self) -> list[str]:
        notices = [notice["text"] for notice in self.progress.get("notices", [])]
        return notices if self.is_running else [*notices, self._how_it_ended()]

    def _how_it_ended(self) -> str:
        status = self._process.wait()
        if status < 0:
            return f"(ended by {signal.Signals(-status).name})"
        error = self._process.report["error"]
        return f"(ended with status {status}) {error}"

    def go_on(self) -> None:
        """The next attempt, which YARN would start; the same command again where it would not."""
        status = self._process.wait()
        self._before = [*self._before, *self._told_now()]
        if status in MAY_PASS or status == -signal.SIGKILL:
            self.needed.append(NEXT_ATTEMPT)
            self._attempt += 1
            self._process.start(self._attempt)
        elif status > 128:
            self.needed.append(SAME_COMMAND)
            self._begin(another_run(self.settings))
        else:
            raise AssertionError(f"the run ended for good: {self.told[-1]}\n{self._process.log}")
        # What strikes next strikes a driver: the last commit of the one before may look like its first.
        wait_until(lambda: self.progress or not self.is_running, "the driver has begun")

    def start_next_attempt(self) -> subprocess.Popen[bytes]:
        """Start the next attempt while this one still runs; returns this one's process to look at."""
        self._before = self.told
        zombie = self._process.process
        self._zombies.append(zombie)
        self._attempt += 1
        self._process.start(self._attempt)
        return zombie

    def supersede(self, first: DriverRun) -> None:
        """Be the one that is looked at from now on; what the user was told by the first one stays."""
        self._before, self.needed, self._tip = first.told, first.needed, first.tip

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its process, if it still runs."""
        self._process.signal(number)

    def ask_to_end(self) -> None:
        """Ask through the run folder: a signal in a container is YARN's."""
        self._process.folder.request_stop(signal.SIGTERM)

    def wait(self) -> int:
        """Its exit status."""
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self._process.kill()
        for zombie in self._zombies:
            zombie.kill()
            zombie.wait()


class CommandRun:
    """``ethlogs produce`` as a user types it: spark-submit, its JVM, the driver."""

    def __init__(self, settings: RunSettings, stream: Stream, folder: Path) -> None:
        self._settings, self._stream, self._folder = settings, stream, folder
        self._before: list[str] = []
        self.needed: list[str] = []
        self.command = self._type("--start", settings.range.start or "latest")

    def _type(self, *flags: str) -> Command:
        folder = self._folder / f"command-{len(self.needed)}"
        folder.mkdir(parents=True)
        node, urls = self._settings.node, self._settings.node.urls
        flags += (
            "--node-timeout",
            f"{node.request_timeout_seconds:g}",
            "--patience",
            f"{node.patience_seconds:g}",
        )
        return Command(self._stream, " ".join(urls), folder, *flags)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.command.process.poll() is None

    @property
    def told(self) -> list[str]:
        """The lines on stderr of every command, and how each ended."""
        return [*self._before, *self._told_now()]

    @property
    def tip(self) -> int:
        """The stream's, which the command shows in its progress."""
        newest = self._stream.newest_block()
        return newest.json["blockNumber"] if newest else -1

    def _told_now(self) -> list[str]:
        lines = [line for line in self.command.stderr.splitlines() if not _LEFT_OUT.match(line)]
        return lines if self.is_running else [*lines, f"(ended with status {self.command.wait()})"]

    def go_on(self) -> None:
        """The same command again."""
        status = self.command.wait()
        if status != ExitStatus.SUBMISSION and status < 128:
            raise AssertionError(f"the command ended with status {status}:\n{self.command.stderr}")
        self._before = self.told
        self.needed.append(SAME_COMMAND)
        self.command = self._type()

    def ask_to_end(self) -> None:
        """SIGTERM."""
        self.command.process.terminate()

    def wait(self) -> int:
        """Its exit status."""
        return self.command.wait()

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self.command.process.kill()
        self.command.process.wait()
