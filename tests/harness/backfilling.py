"""Running a backfill in this process, its tasks on threads instead of Spark's executors.

A fake in the place of Spark alone: a session costs ten seconds, and what tasks do to node and Kafka is the
same. That Spark runs them is what test_backfill_command shows.
"""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

from ethlogs.backfill import run_backfill
from ethlogs.backfill.cluster import TaskCancelledError
from ethlogs.backfill.task import TaskEnd
from ethlogs.cancellation import StopSwitch
from ethlogs.driver.jobs import BackfillJob
from ethlogs.errors import EthlogsError
from ethlogs.run.context import RunContext
from ethlogs.run.journal import Journal
from ethlogs.settings import FollowSettings, RunSettings
from ethlogs.settings.backfill import PART_BLOCKS, BackfillSettings
from tests.harness.running import ENOUGH_SECONDS, Outcome, build_settings
from tests.harness.streams import Stream


class ThreadCluster:
    """Runs tasks on the threads that ask for them."""

    def __init__(self, cores: int = 2) -> None:
        self._cores = cores
        self.descriptions: list[str] = []
        self.before: Callable[[str], None] = lambda _description: None
        """Called before each task."""
        self._cancelled = threading.Event()

    def cores(self) -> int:
        """How many tasks run at a time."""
        return self._cores

    def executors(self) -> int:
        """One, which is this process."""
        return 1

    def run(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        """Run a task."""
        if self._cancelled.is_set():
            raise TaskCancelledError
        self.descriptions.append(description)
        self.before(description)
        return task()

    def end_overdue(self, seconds: float) -> None:
        """Nothing: a thread cannot be ended."""

    def end_lost(self) -> None:
        """Nothing: a thread is not lost."""

    def cancel(self) -> None:
        """Start no more."""
        self._cancelled.set()


def backfill_settings(
    stream: Stream,
    *node_urls: str,
    first: int | None = None,
    to: int | None = None,
    confirmations: int = 1,
    node_requests: int | None = None,
    part_blocks: int = PART_BLOCKS,
    **given: Any,
) -> RunSettings:
    """Settings of a new backfill."""
    settings = build_settings(stream, *node_urls, **given)
    follow = FollowSettings(confirmations, "latest" if confirmations else "finalized", settings.follow.proof)
    backfill = BackfillSettings(first, to, node_requests, part_blocks)
    return replace(settings, job="backfill", follow=follow, backfill=backfill)


def again(settings: RunSettings, *, take_over: bool = False) -> RunSettings:
    """The same command as a new run."""
    return replace(settings, run=f"run-{secrets.token_hex(4)}", replace=take_over)


class BackfillInThread:
    """A backfill on a thread of this process; leaving the context asks it to end."""

    def __init__(self, settings: RunSettings, cluster: ThreadCluster | None = None) -> None:
        self.cluster = cluster or ThreadCluster()
        self._stop = StopSwitch(settings.timeout_seconds)
        self._error: BaseException | None = None
        self.notices: list[str] = []
        self.snapshot: dict[str, Any] = {}
        self.journal = Journal(settings.run, 1, self.snapshot.update)
        notify = self.journal.notify

        def collect(text: str) -> None:
            self.notices.append(text)
            notify(text)

        self.journal.notify = collect  # type: ignore[method-assign]
        self._context = RunContext(settings, 1, self._stop, self.journal)
        self._job = BackfillJob(self._context)
        self._thread = threading.Thread(target=self._run, name="backfill", daemon=True)

    def _run(self) -> None:
        try:
            run_backfill(self._context, self.cluster)
        except BaseException as exc:  # noqa: BLE001 - the test looks at it
            self._error = exc

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.wait()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to end."""
        self._stop.request(signal.SIGTERM, "interrupted by the test")

    def wait(self) -> Outcome:
        """Its end."""
        self._thread.join(ENOUGH_SECONDS)
        assert not self._thread.is_alive(), "the backfill does not end"
        error = self._error if isinstance(self._error, EthlogsError) else None
        if error is None and self._error is not None:
            raise self._error
        return Outcome(error, self._job.report(error), list(self.notices))


def run_here(settings: RunSettings, cluster: ThreadCluster | None = None) -> Outcome:
    """Backfill to the end in this process."""
    with BackfillInThread(settings, cluster) as running:
        return running.wait()
