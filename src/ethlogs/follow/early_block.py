"""The next block, fetched while the head is still looked at: at the head that saves a round trip.

A notification of the node is the hint to do so. The block is used if the look finds the head there, and
fetched again in the ordinary way if it could not be had so early.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType

from ethlogs.errors import EthlogsError
from ethlogs.stream.block import PreparedBlock

LONGEST_SECONDS = 1.0
"""The greatest age of a block that is used, counted from asking for it. A look that takes longer had trouble:
its answer may be another node's, whose block at this height is another one."""


class EarlyBlock:
    """At most one block under way; ``fetch`` asks once for a height."""

    def __init__(self, fetch: Callable[[int], PreparedBlock]) -> None:
        self._fetch = fetch
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="early block")
        self._height = -1
        self._begun_at = 0.0
        self._under_way: Future[PreparedBlock] | None = None

    def __enter__(self) -> EarlyBlock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def begin(self, height: int) -> None:
        """Fetch a block that may be there; nothing is done while an earlier one is still asked for."""
        if self._under_way is None or self._under_way.done():
            self._begun_at = time.monotonic()
            self._height, self._under_way = height, self._executor.submit(self._fetch, height)

    def drop(self) -> None:
        """Forget the block: the head is not there, so another one may come in its place."""
        self._height = -1

    def take(self, height: int) -> PreparedBlock | None:
        """Return the block of this height, once; ``None`` where it was not begun, or could not be had."""
        under_way = self._under_way
        if under_way is None or self._height != height:
            return None
        self._height = -1
        left_seconds = self._begun_at + LONGEST_SECONDS - time.monotonic()
        if left_seconds <= 0 or not wait([under_way], left_seconds).done:
            return None
        try:
            return under_way.result()
        except EthlogsError:
            return None
