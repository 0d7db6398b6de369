"""Fetching ahead: several blocks under way at once, handed out in order, bounded in bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType

from ethlogs.stream.block import PreparedBlock

WORKERS = 4
HELD_BYTES = 32 << 20
"""Fetched, or under way, and not yet produced; always at least one block is.

The size of a block under way is not known: it is taken to be that of the newest one, so that blocks of
100,000 event logs, 400 MiB each while they are proven, are fetched one at a time.
"""


class Prefetcher:
    """Prepared blocks of consecutive heights, from ``first`` up to what :meth:`extend` allows."""

    def __init__(self, prepare: Callable[[int], PreparedBlock], first: int, workers: int = WORKERS) -> None:
        """``workers`` blocks are under way at a time."""
        self._prepare = prepare
        self._workers = workers
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="fetch")
        self._pending: deque[Future[PreparedBlock]] = deque()
        self._next = first
        self._limit = first - 1
        self._lock = threading.RLock()
        self._under_way = 0
        self._held_bytes = 0
        self._newest_bytes = HELD_BYTES
        self._ended = False

    def __enter__(self) -> Prefetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End fetching; what is under way is left behind."""
        with self._lock:
            self._ended = True
        self._executor.shutdown(wait=False, cancel_futures=True)

    def allows(self, height: int) -> bool:
        """Return whether a height is fetched without being allowed first."""
        return height <= self._limit

    def extend(self, limit: int) -> None:
        """Allow heights up to ``limit``."""
        self._limit = max(self._limit, limit)
        self._fill()

    def take(self, timeout_seconds: float) -> PreparedBlock | None:
        """The next height's block; ``None`` when it is not allowed yet, or not ready in time.

        Raises
        ------
        EthlogsError
            Why the block could not be had.
        """
        self._fill()
        if not self._pending:
            return None
        # Not result(timeout_seconds): a TimeoutError may as well be why the block could not be had.
        if not wait([self._pending[0]], timeout_seconds).done:
            return None
        block = self._pending[0].result()
        with self._lock:
            self._pending.popleft()
            self._held_bytes -= block.held_bytes
        self._fill()
        return block

    def _fill(self) -> None:
        with self._lock:
            while self._next <= self._limit and self._has_room():
                future = self._executor.submit(self._prepare, self._next)
                self._pending.append(future)
                self._next += 1
                self._under_way += 1
                future.add_done_callback(self._after_fetch)

    def _has_room(self) -> bool:
        if self._ended or self._under_way >= self._workers:
            return False
        return self._held_bytes + self._under_way * self._newest_bytes < HELD_BYTES

    def _after_fetch(self, future: Future[PreparedBlock]) -> None:
        """Runs on the thread that fetched, so that fetching continues while a transaction is committed."""
        with self._lock:
            self._under_way -= 1
            if future.cancelled() or future.exception() is not None:
                self._ended = True
            else:
                self._newest_bytes = future.result().held_bytes
                self._held_bytes += self._newest_bytes
        self._fill()
