"""Dispatch of a backfill's tasks: so many at a time; a lost one is tried again, an overdue one ended."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from ethlogs.backfill.cluster import Cluster, TaskLostError
from ethlogs.backfill.fill import TASK_SECONDS
from ethlogs.backfill.progress import BackfillProgress
from ethlogs.backfill.share import Share, share_work
from ethlogs.backfill.task import TaskEnd
from ethlogs.backoff import Backoff
from ethlogs.errors import SubmissionError
from ethlogs.run.context import RunContext

LOOK_SECONDS = 1.0

Step = Callable[[], Any]
"""Something to do; where it returns another one, that comes later."""


class Dispatcher:
    """Runs the steps of a backfill on threads, and their tasks on the cluster."""

    def __init__(
        self,
        context: RunContext,
        cluster: Cluster,
        slots: int,
        progress: BackfillProgress,
        look: Callable[[], None],
    ) -> None:
        """``look`` is called every second while steps run; what it raises ends them."""
        self._settings = context.settings
        self._stop = context.stop
        self._journal = context.journal
        self._cluster = cluster
        self._slots = slots
        self._progress = progress
        self._look = look
        self._lost = Backoff(0.5)
        self._numbers = itertools.count(1)

    def share(self) -> Share:
        """Return how many tasks run at a time now, and the requests of each."""
        return share_work(self._slots, self._cluster.cores(), self._settings.backfill.node_requests)

    def run_all(self, steps: Sequence[Step]) -> None:
        """Run steps, so many at a time; one that returns another is followed by that."""
        pool = ThreadPoolExecutor(self.share().tasks, thread_name_prefix="task")
        pending: set[Future[Any]] = {pool.submit(step) for step in steps}
        try:
            while pending:
                done, pending = wait(pending, LOOK_SECONDS, FIRST_COMPLETED)
                self._stop.check()
                self._cluster.end_lost()
                self._look()
                self._cluster.end_overdue(self._overdue_seconds())
                for future in done:
                    following = future.result()
                    if following is not None:
                        pending.add(pool.submit(following))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def next_number(self) -> int:
        """Return the number of the next task, by which tasks begin with different nodes."""
        return next(self._numbers)

    def run_task(self, description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        """Run one task to its end.

        Raises
        ------
        TaskLostError
            When it ended without a result.
        TaskCancelledError
            When the run is ending.
        EthlogsError
            When it ended with this error.
        """
        end = self._cluster.run(description, task)
        for notice in end.notices:
            self._progress.notify_once(notice)
        self._progress.retries += end.retries
        if end.error is not None:
            raise end.error
        return end

    def until_not_lost(self, step: Step) -> Step | None:
        """Do a step, again where its task is lost; returns what the step returns."""
        while True:
            try:
                following: Step | None = step()
            except TaskLostError as exc:
                self.wait_after_lost(exc)
            else:
                self.forget_lost()
                return following

    def wait_after_lost(self, exc: TaskLostError) -> None:
        """Wait before another task tries again.

        Raises
        ------
        SubmissionError
            When no task has done anything for longer than the patience.
        """
        self._stop.check()
        patience_seconds = self._settings.node.patience_seconds
        self._progress.retries += 1
        if self._lost.failing_seconds > patience_seconds:
            raise SubmissionError(
                f"no task on Spark's executors has done anything for {patience_seconds:g} seconds: {exc}",
                hint="the executors' logs say why; what was committed stays, the same command continues",
            )
        if self._lost.tries == 0:
            self._journal.notify(f"{exc}; trying again for up to {patience_seconds:g} seconds")
        self._lost.wait(self._stop.pause)

    def forget_lost(self) -> None:
        """Begin the patience again: a task has done something."""
        self._lost.reset()

    def _overdue_seconds(self) -> float:
        """A task works for its time, and then waits for node or Kafka at most until its patience is over."""
        patience = self._settings.node.patience_seconds + self._settings.kafka.patience_seconds
        return 2 * TASK_SECONDS + patience
