"""The bound on the memory of answers that are being received: in total, however many threads receive."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from ethlogs.errors import NodeUnavailableError
from ethlogs.node.deadline import remaining_seconds

SMALL_ANSWER_BYTES = 16 << 20
"""Received by every thread at once; larger ones one after another."""
MAX_ANSWER_BYTES = 256 << 20
"""More than twice what all the gas of a block of 60 million can make of event logs."""

_large = threading.Lock()


class ReceivedBody:
    """The bytes of one answer as they come in; leaving the context lets the next large one go ahead."""

    def __init__(self, name: str) -> None:
        self.content = bytearray()
        self._name = name
        self._is_large = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_large:
            self._is_large = False
            _large.release()

    def add(self, chunk: bytes) -> None:
        """Keep what was received; raises as :meth:`reserve`."""
        self.content += chunk
        self.reserve(len(self.content))

    def reserve(self, size_bytes: int) -> None:
        """Allow for an answer of which so much has come in, wherever it is kept.

        Raises
        ------
        NodeUnavailableError
            When the answer is too large, or another large one takes all of the time.
        TimeoutError
            When the request's deadline is over.
        """
        left = remaining_seconds()
        if size_bytes > MAX_ANSWER_BYTES:
            raise too_large(self._name)
        if size_bytes > SMALL_ANSWER_BYTES and not self._is_large:
            if not _large.acquire(timeout=-1 if left is None else left):
                raise TimeoutError("timed out")
            self._is_large = True


def too_large(name: str) -> NodeUnavailableError:
    """The error of an answer that no honest node gives."""
    return NodeUnavailableError(
        f"node {name} sent an answer of more than {MAX_ANSWER_BYTES} bytes",
        hint="no block of a public chain is so large: is --node-url right?",
    )
