"""Fetching ahead: several blocks under way at once, handed out in order, bounded in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import NamedTuple

from ethlogs.event_log import Record

WORKERS = 4
HELD_BYTES = 32 << 20
"""Fetched and not yet produced; on top of it come at most :data:`WORKERS` blocks under way."""


class PreparedBlock(NamedTuple):
    """A proven block with its records, ready to be produced."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    transactions: int
    records: list[Record]
    size_bytes: int


class Prefetcher:
    """Prepared blocks of consecutive heights, from ``first`` up to what :meth:`extend` allows."""

    def __init__(self, prepare: Callable[[int], PreparedBlock], first: int) -> None:
        self._prepare = prepare
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="fetch")
        self._pending: deque[Future[PreparedBlock]] = deque()
        self._next = first
        self._limit = first - 1

    def __enter__(self) -> Prefetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

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
        self._pending.popleft()
        self._fill()
        return block

    def _fill(self) -> None:
        while self._next <= self._limit and self._has_room():
            self._pending.append(self._executor.submit(self._prepare, self._next))
            self._next += 1

    def _has_room(self) -> bool:
        held_bytes = under_way = 0
        for future in self._pending:
            if not future.done():
                under_way += 1
            elif future.exception() is None:
                held_bytes += future.result().size_bytes
        return under_way < WORKERS and held_bytes < HELD_BYTES
