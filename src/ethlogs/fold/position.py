"""The position of a consumer: what it stores beside its result, and resumes from."""

from __future__ import annotations

import msgspec

from ethlogs.errors import LedgerError
from ethlogs.fold.rows import LedgerRow
from ethlogs.ledger import BlockRecord, Natural

MOST_HELD = 1_024
"""How many blocks a reorg can go back on a chain without the tag ``finalized``."""

OTHER_STREAM_HINT = (
    "the position is that of another stream, or the topic was deleted and created again: empty the result and"
    " begin again without a position"
)


class HeldBlock(msgspec.Struct, frozen=True, array_like=True):
    """A block of the followed part that a reorg may still take back."""

    number: Natural
    hash: str
    logs: Natural
    """How many of its event logs were added."""


class Position(msgspec.Struct, frozen=True):
    """A cut through the ledger, and the newest blocks of the followed part at it.

    The hashes make each step exact: what is added was not there before, and what is removed was. They are
    some kilobytes of JSON, since what is finalized is forgotten.
    """

    offsets: dict[Natural, Natural] = {}
    """The next offset of each partition of the ledger; a partition that is left out begins at its first."""
    held: tuple[HeldBlock, ...] = ()
    """Lowest first; the last one is the tip of the followed part."""
    ledger: str = ""
    """Topic id of the ledger; empty before the first step, and where the brokers do not give one."""

    @property
    def tip(self) -> HeldBlock | None:
        """The newest block of the followed part; ``None`` before the first."""
        return self.held[-1] if self.held else None

    def to_json(self) -> str:
        """Return the position as text, to be stored."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes | None) -> Position:
        """Read a stored position; ``None`` and empty text are the beginning of the stream.

        Raises
        ------
        LedgerError
            When it is not one.
        """
        if not text:
            return cls()
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise LedgerError(
                f"the stored position cannot be read ({exc})",
                hint="store Position.to_json() as it is; without one, empty the result and begin again",
            ) from exc

    def of_ledger(self, topic: str, topic_id: str) -> Position:
        """Return the position as one of the ledger with a topic id; an empty id is not known.

        Raises
        ------
        LedgerError
            When it is the position of another ledger.
        """
        if self.ledger and topic_id and self.ledger != topic_id:
            raise LedgerError(
                f"the position is from a ledger with the topic id {self.ledger}, and {topic} has the topic id"
                f" {topic_id}",
                hint=OTHER_STREAM_HINT,
            )
        return Position(self.offsets, self.held, topic_id or self.ledger)

    def move_past(self, row: LedgerRow) -> Position:
        """Return the position behind a record of the ledger."""
        return Position({**self.offsets, row.partition: row.offset + 1}, self.held, self.ledger)

    def orphans(self, record: BlockRecord) -> tuple[HeldBlock, ...]:
        """Return the held blocks that a record of the follower takes back, lowest first.

        Raises
        ------
        LedgerError
            When the record goes back below everything that is held.
        """
        if self.held and record.block_number < self.held[0].number:
            raise LedgerError(
                f"the ledger goes back to block {record.block_number}, below block {self.held[0].number}, the"
                " lowest that this consumer can still take back",
                hint="empty the result and begin again without a position",
            )
        return tuple(
            block
            for block in self.held
            if block.number > record.block_number
            or (block.number == record.block_number and block.hash != record.block_hash)
        )

    def holds(self, record: BlockRecord) -> bool:
        """Return whether the block of a record is among the held ones."""
        return any(block.hash == record.block_hash for block in self.held)

    def take(self, record: BlockRecord, logs: int) -> Position:
        """Return the position with the block of a record as its tip.

        Raises
        ------
        LedgerError
            When the block does not descend from the one below it.
        """
        left = tuple(block for block in self.held if block.number < record.block_number)
        if left and left[-1].number == record.block_number - 1 and left[-1].hash != record.parent_hash:
            raise LedgerError(
                f"block {record.block_number} of the ledger has the parent {record.parent_hash}, and this"
                f" consumer holds {left[-1].hash}",
                hint="is the position that of this stream, and is the result its own? Else empty the result"
                " and begin again; ethlogs verify says whether the stream is right",
            )
        same = next((block for block in self.held if block.hash == record.block_hash), None)
        held = (*left, same or HeldBlock(record.block_number, record.block_hash, logs))
        # What is finalized is never retracted; the finalized block itself can be the ancestor of a reorg.
        lowest = min(record.block_number, -1 if record.finalized is None else record.finalized)
        kept = tuple(block for block in held if block.number >= lowest)
        return Position(self.offsets, kept[-MOST_HELD:], self.ledger)
