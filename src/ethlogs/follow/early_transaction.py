"""A transaction that is begun, and has joined its partitions, while its first block is still fetched.

That saves a block at the head one round trip. Consumers do not wait for a transaction without records.
"""

from __future__ import annotations

import contextlib
import time
from types import TracebackType

from ethlogs.follow.held_stream import HeldStream
from ethlogs.heights import FOLLOWER_PARTITION
from ethlogs.kafka.writer import Transaction
from ethlogs.ledger import BlockRecord
from ethlogs.stream.identity import StreamTopics

EARLY_SECONDS = 5.0
"""So long it waits for its first block: the broker ends a transaction that is open for 60 s."""


class EarlyTransaction:
    """The one transaction of a ``with`` block, aborted unless it is committed in it."""

    def __init__(self, stream: HeldStream, topics: StreamTopics) -> None:
        self._stream = stream
        self._topics = topics
        self._open = contextlib.ExitStack()
        self._transaction: Transaction | None = None
        self._begun_at = 0.0

    def __enter__(self) -> EarlyTransaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, exc, trace)

    def begin(self, newest: BlockRecord | None) -> None:
        """Begin it where the newest block has records in every partition, as the next one will have.

        A partition that is joined and gets no record still gets the transaction's marker.
        """
        topic = self._topics.event_logs
        if newest is None or len(newest.offsets) < topic.partitions:
            return
        self._begun_at = time.monotonic()
        transaction = self.take()
        transaction.join(self._topics.ledger.name, [FOLLOWER_PARTITION])
        transaction.join(topic.name, range(topic.partitions))
        transaction.send_joins()

    def take(self) -> Transaction:
        """Return the transaction; it is begun now where it was not."""
        if self._transaction is None:
            self._transaction = self._open.enter_context(self._stream.transaction())
        return self._transaction

    def end_where_slow(self) -> None:
        """Abort a transaction that has waited too long for its first block."""
        if self._transaction is not None and time.monotonic() - self._begun_at > EARLY_SECONDS:
            self._open.close()
            self._transaction = None
