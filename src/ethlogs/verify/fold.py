"""Folding retractions: what of a stretch of the event-log topic is left, and what was taken back.

A reorg retracts each event log of the orphaned blocks on the same key, the newest first. So within one
partition, orphaned logs and their retractions nest like brackets, all of them between the last record of
the branches' common ancestor and the first of the new branch: a stack for each partition folds them, and
it is empty whenever the stretch of a block ends. The stack keeps 24 bytes for each orphaned log, so that
a reorg of a million event logs costs 24 MB.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection

from ethlogs.verify.differences import Kind, Tell
from ethlogs.verify.found_record import DIGEST_BYTES, FoundRecord, Reread


class OrphanStack:
    """Event logs of one partition that wait for their retractions, the newest on top."""

    def __init__(self) -> None:
        self._offsets = array("q")
        self._digests = bytearray()

    def push(self, record: FoundRecord) -> None:
        """Put an event log on top."""
        self._offsets.append(record.offset)
        self._digests += record.digest()

    def cancel(self, retraction: FoundRecord) -> int | None:
        """Take out the newest log that this retracts; how many lay above it, ``None`` where it is not in."""
        index = self._find(retraction.digest())
        if index is None:
            return None
        above = len(self._offsets) - 1 - index
        del self._offsets[index]
        del self._digests[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES]
        return above

    def drain(self) -> list[int]:
        """The offsets of what was not retracted; the stack is empty then."""
        left = self._offsets.tolist()
        self._offsets, self._digests = array("q"), bytearray()
        return left

    def _find(self, digest: bytes) -> int | None:
        end = len(self._digests)
        while True:
            at = self._digests.rfind(digest, 0, end)
            if at < 0 or at % DIGEST_BYTES == 0:
                return None if at < 0 else at // DIGEST_BYTES
            end = at + DIGEST_BYTES - 1


class SpanFold:
    """Folds the stretch of one block of the follower: feed it each record, then :meth:`finish`."""

    def __init__(
        self,
        number: int | None,
        hashes: Collection[str],
        chain_id: int | None,
        tell: Tell,
        reread: Reread,
        expected: Collection[bytes] = frozenset(),
    ) -> None:
        """``hashes`` are those under which the block's own logs may stand; none belongs to no block.

        A value that is one of ``expected`` is such a log, and need not be decoded.
        """
        self._number = number
        self._expected = expected
        self._hashes = hashes
        self._chain_id = chain_id
        self._tell = tell
        self._reread = reread
        self._stacks: defaultdict[int, OrphanStack] = defaultdict(OrphanStack)
        self.own: list[FoundRecord] = []
        """The block's event logs, each partition's in the order of its offsets."""
        self.last: dict[int, int] = {}
        """The offset of the last record of each partition, whatever it was."""
        self.first: dict[int, int] = {}
        """The offset of the first one."""

    def add(self, record: FoundRecord) -> None:
        """Take the next record of a partition."""
        self.first.setdefault(record.partition, record.offset)
        self.last[record.partition] = record.offset
        if record.value in self._expected:
            self.own.append(record)
            return
        log = record.log
        if log is None or (self._chain_id is not None and log["chainId"] != self._chain_id):
            self._tell(record.differs(Kind.FOREIGN, "a record that is not an event log of this stream"))
        elif log["removed"]:
            self._retract(record)
        elif log["blockNumber"] == self._number and log["blockHash"] in self._hashes:
            self.own.append(record)
        else:
            self._stacks[record.partition].push(record)

    def finish(self) -> list[FoundRecord]:
        """The event logs of other blocks that nobody retracted: none, where all is well."""
        return [
            self._reread(partition, offset)
            for partition, stack in sorted(self._stacks.items())
            for offset in stack.drain()
        ]

    def _retract(self, record: FoundRecord) -> None:
        above = self._stacks[record.partition].cancel(record)
        if above is None and self._cancel_own(record):
            return
        if above is None:
            self._tell(record.differs(Kind.RETRACTION, "it retracts an event log that is not before it"))
        elif above:
            detail = f"it retracts an event log while {above} newer ones are not retracted"
            self._tell(record.differs(Kind.RETRACTION, detail))

    def _cancel_own(self, retraction: FoundRecord) -> bool:
        """The chain may have left the block and come back to it: its logs are there twice, once retracted."""
        digest = retraction.digest()
        for index in range(len(self.own) - 1, -1, -1):
            record = self.own[index]
            if record.partition == retraction.partition and record.digest() == digest:
                del self.own[index]
                return True
        return False
