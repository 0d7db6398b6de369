"""Running the product: in this process on a thread, or as a process that can be killed."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ethlogs.cancellation import StopSwitch
from ethlogs.driver.jobs import ProduceJob
from ethlogs.errors import EthlogsError
from ethlogs.run.context import RunContext
from ethlogs.run.folder import PROGRESS, REPORT, SETTINGS, RunFolder
from ethlogs.run.journal import Journal
from ethlogs.settings import (
    FollowSettings,
    KafkaSettings,
    NodeSettings,
    Proof,
    ProofSettings,
    RangeSettings,
    RunSettings,
    StreamSettings,
    TopicCreation,
    to_json,
)
from tests.harness.streams import Stream

SCRIPT = Path(__file__).with_name("run_without_spark.py")
ENOUGH_SECONDS = 300.0
"""A guard against a test that hangs, on a busy machine; no test waits for it when it passes."""


def build_settings(
    stream: Stream,
    *node_urls: str,
    patience: float = 30.0,
    kafka_patience: float = 30.0,
    node_timeout: float = 30.0,
    partitions: int = 3,
    create: bool = True,
    client: tuple[tuple[str, str], ...] = (),
    timeout: float = ENOUGH_SECONDS,
    head: Any = "latest",
    confirmations: int = 0,
    proof: Proof = "receipts",
    unchecked_headers: bool = False,
    reorg_window: int = 128,
    rewind: bool = False,
    ca_file: str | None = None,
    **wanted: Any,
) -> RunSettings:
    """Settings of a new run; ``wanted`` is blocks, to, start and allow_gap.

    ``patience`` is the one with the node: a test that shortens it must not end because Kafka is slow.
    """
    return RunSettings(
        run=f"run-{secrets.token_hex(4)}",
        job="produce",
        node=NodeSettings(node_urls, node_timeout, patience, ca_file),
        kafka=KafkaSettings(stream.bootstrap, client, kafka_patience),
        stream=StreamSettings(stream.topic),
        topics=TopicCreation(create, partitions),
        range=RangeSettings(**wanted),
        follow=FollowSettings(
            confirmations, head, ProofSettings(proof, unchecked_headers), reorg_window, rewind
        ),
        timeout_seconds=timeout,
    )


def another_run(settings: RunSettings, *, take_over: bool = False, **wanted: Any) -> RunSettings:
    """The same settings as a new run, with another range; ``take_over`` is ``--replace``."""
    new = replace(settings, run=f"run-{secrets.token_hex(4)}", range=RangeSettings(**wanted))
    return replace(new, replace=take_over)


@dataclass(frozen=True)
class Outcome:
    """How a run in this process ended."""

    error: BaseException | None
    report: dict[str, Any]
    notices: list[str]

    @property
    def told(self) -> str:
        """Everything that a user is shown of it."""
        return "\n".join(
            [str(self.error), str(getattr(self.error, "hint", "")), *self.notices, repr(self.report)]
        )

    def assert_done(self) -> Self:
        """Fail, with the reason, where the run did."""
        assert self.error is None, self.told
        assert self.report["exitStatus"] == 0
        return self

    def assert_failed(self, kind: type[EthlogsError], *said: str, hint: str) -> Self:
        """The run ended with this kind of error, whose message and hint say what they must."""
        assert type(self.error) is kind, self.told
        assert isinstance(self.error, EthlogsError)
        assert self.report["exitStatus"] == self.error.exit_status
        for text in said:
            assert text in str(self.error)
        assert hint in (self.error.hint or "(no hint)")
        assert "Traceback" not in self.told
        return self


class RunInThread:
    """A run on a thread of this process; leaving the context asks it to end."""

    def __init__(
        self, settings: RunSettings, attempt: int = 1, earlier: dict[str, Any] | None = None
    ) -> None:
        self._stop = StopSwitch(settings.timeout_seconds)
        self._error: BaseException | None = None
        self.notices: list[str] = []
        self.snapshot: dict[str, Any] = {}
        self.journal = Journal(settings.run, attempt, self.snapshot.update, earlier)
        self._collect_notices()
        self._job = ProduceJob(RunContext(settings, attempt, self._stop, self.journal))
        self._thread = threading.Thread(target=self._run, name="run", daemon=True)

    def _collect_notices(self) -> None:
        notify = self.journal.notify

        def collect(text: str) -> None:
            self.notices.append(text)
            notify(text)

        self.journal.notify = collect  # type: ignore[method-assign]

    def _run(self) -> None:
        try:
            self._job.run()
        except BaseException as exc:  # noqa: BLE001 - the test looks at it
            self._error = exc

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.wait()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    @property
    def tip(self) -> int:
        """The newest block that it committed, -1 before the first."""
        last = self.journal.meter.counters.last_block
        return -1 if last is None else last

    def stop(self) -> None:
        """Ask it to end after the current block."""
        self._stop.request(signal.SIGTERM, "interrupted by the test")

    def _where(self) -> str:
        frame = sys._current_frames().get(self._thread.ident or 0)
        return "".join(traceback.format_stack(frame)) if frame else "(ended meanwhile)"

    def wait(self) -> Outcome:
        """Its end."""
        self._thread.join(ENOUGH_SECONDS)
        assert not self._thread.is_alive(), f"the run does not end; it is here:\n{self._where()}"
        error = self._error if isinstance(self._error, EthlogsError) else None
        if error is None and self._error is not None:
            raise self._error
        return Outcome(error, self._job.report(error), list(self.notices))


def run(settings: RunSettings, attempt: int = 1, earlier: dict[str, Any] | None = None) -> Outcome:
    """Run to the end in this process; ``earlier`` is the progress of an earlier attempt."""
    with RunInThread(settings, attempt, earlier) as running:
        return running.wait()


class RunInProcess:
    """A run as the driver's process, without Spark; may be killed and started again in its folder."""

    def __init__(self, settings: RunSettings, base: Path) -> None:
        self.settings = settings
        self.folder = RunFolder(base / settings.run)
        self.folder.path.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *attempt: int) -> Self:
        """Start it, as a later attempt where one is given."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ETHLOGS_")}
        # Each container has its own; here an attempt that ends removes them.
        self.folder.write(SETTINGS, to_json(self.settings))
        with self.folder.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(self.folder.path), *map(str, attempt)],
                stdout=log,
                stderr=log,
                env=environment,
            )
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of the last start."""
        assert self._process is not None
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def wait_for(self, condition: Callable[[dict[str, Any]], Any], what: str, attempt: int = 1) -> None:
        """Wait until progress.json of this attempt is so; fail where the process ends before."""

        def holds() -> bool:
            progress = self.progress
            if progress.get("attempt") == attempt and condition(progress):
                return True
            assert self.is_running, self.log
            return False

        wait_until(holds, what)

    @property
    def progress(self) -> dict[str, Any]:
        """progress.json, ``{}`` before the first."""
        return self.folder.read_json(PROGRESS) or {}

    @property
    def report(self) -> dict[str, Any]:
        """report.json."""
        report = self.folder.read_json(REPORT)
        assert report is not None, self.log
        return report

    @property
    def log(self) -> str:
        """Its output."""
        return self.folder.log.read_text()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit status."""
        return self.process.wait(ENOUGH_SECONDS)

    def files(self) -> str:
        """The content of every file of the folder that people read, settings.json left out."""
        names = (PROGRESS, REPORT, self.folder.log.name)
        return "\n".join(self.folder.path.joinpath(name).read_text() for name in names)


def wait_until(condition: Callable[[], Any], what: str, seconds: float = ENOUGH_SECONDS) -> Any:
    """Poll until the condition holds; fail where it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds:g} seconds in vain until {what}"
        time.sleep(0.02)


def parse_report(stdout: str) -> dict[str, Any]:
    """The report of ``ethlogs produce --json``."""
    report: dict[str, Any] = json.loads(stdout)
    return report
