"""A deadline for calls into a JVM that have none: HDFS may hang for as long as its client is patient."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import Any, TypeVar

from ethlogs.errors import HadoopUnavailableError

T = TypeVar("T")

WORKERS = 4
"""So many calls may hang at once. Each further one waits for a worker, no longer than its own deadline."""


class LimitedCalls:
    """Runs calls on threads that are started as they are needed, and waits for each no longer than a limit.

    The threads are kept, since the gateway to the JVM keeps a connection for each. They are daemons: one that
    hangs must not keep the process from ending.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._workers = 0
        self._pending = 0
        """Calls that wait or run."""

    def run(self, function: Callable[[], T], seconds: float, doing: str) -> T:
        """Return what the function returns.

        Raises
        ------
        HadoopUnavailableError
            When it does not return in time; it is left behind.
        """
        future: Future[T] = Future()
        with self._lock:
            self._pending += 1
            if self._pending > self._workers and self._workers < WORKERS:
                self._workers += 1
                threading.Thread(target=self._work, name="hdfs", daemon=True).start()
        self._calls.put((future, function))
        if not wait([future], seconds).done:
            future.cancel()
            raise HadoopUnavailableError(
                f"{doing}: HDFS did not answer within {seconds:g} seconds",
                hint="is it running, and can the driver's node reach its DataNodes?",
            )
        return future.result()

    def _work(self) -> None:
        while True:
            future, function = self._calls.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function())
                except BaseException as exc:  # noqa: BLE001 - raised again on the caller's thread
                    future.set_exception(exc)
            with self._lock:
                self._pending -= 1
