"""The ledger as a backfill reads it: each look also checks that the run still has the stream."""

from __future__ import annotations

import contextlib
from functools import partial

from ethlogs.backfill.ends import EndsReader, check_seam
from ethlogs.backfill.link import LinkedHull, to_bytes
from ethlogs.backfill.missing import SlotGaps, subtract
from ethlogs.backfill.plan import Hull, LedgerEnds, own_heights
from ethlogs.errors import KafkaUnavailableError
from ethlogs.follow.ownership import check_not_superseded
from ethlogs.follow.trouble import KafkaTrouble
from ethlogs.heights import FOLLOWER_PARTITION, partition_of_slot
from ethlogs.ledger import StreamIdentity
from ethlogs.run.context import RunContext
from ethlogs.stream.claim import LedgerPartition
from ethlogs.stream.identity import check_content, check_identity
from ethlogs.stream.tail import Tail


class OwnLedger:
    """Reads the ledger of a run's stream; what passes on Kafka is waited for."""

    def __init__(
        self, context: RunContext, reader: EndsReader, identity: StreamIdentity, trouble: KafkaTrouble
    ) -> None:
        self._settings = context.settings
        self._attempt = context.attempt
        self._journal = context.journal
        self._stop = context.stop
        self._identity = identity
        self._trouble = trouble
        self.reader = reader
        self._older: frozenset[str] = frozenset()
        """The runs that had slots when this one first looked. Until it has claimed them, their tasks claim
        slots one by one, which makes none of them newer."""

    @property
    def slot_ends(self) -> dict[int, int]:
        """The offset by partition from which on a claim is a newer run's."""
        return self._journal.slot_ends or {}

    def read(self) -> LedgerEnds:
        """Read the ends of all partitions.

        Raises
        ------
        SettingsError, SupersededError
            When the stream is bound to something else, or a newer run has a slot.
        """
        ends = self._trouble.until_success(self.reader.read)
        self._journal.tip = ends.follower.tip
        if self._journal.slot_ends is None:
            self._older = frozenset(claim.run for claim in ends.slot_claims)
        self._journal.keep_slot_ends(
            {number: tail.end_offset for number, tail in ends.slot_tails.items()},
            self._settings.node.patience_seconds,
            self._stop.pause,
        )
        for tail in ends.tails.values():
            claimed = tail.newest.claim if tail.newest else None
            check_identity(claimed, self._identity)
            check_content(claimed, self._settings.selection)
        for number, tail in ends.slot_tails.items():
            self._check_newest(tail, number)
        return ends

    def keep_claims(self, ends: dict[int, int]) -> None:
        """Remember the offset behind each claim of this run: every other claim from there on is newer."""
        self._journal.put_slot_ends(ends, self._settings.node.patience_seconds, self._stop.pause)
        self._older = frozenset()

    def end_transaction(self, slot: int) -> None:
        """End the transaction that a lost task of a slot has left open, unless Kafka is away.

        The next task would do the same, when an executor has room for it.

        Raises
        ------
        SupersededError
            When a newer run has the slot.
        """
        number = partition_of_slot(slot)
        partition = LedgerPartition(self._settings.kafka, self._settings.stream, number)
        with contextlib.suppress(KafkaUnavailableError):
            self._check_newest(self.reader.read_some([number])[number], number)
            partition.end_transaction(self._stop)

    def read_left(self, gap: SlotGaps, hull: Hull) -> SlotGaps:
        """Return what the ledger still lacks of a slot's gaps.

        Raises
        ------
        SupersededError
            When a newer run has the slot.
        """
        number = partition_of_slot(gap.slot.number)
        tails = self._trouble.until_success(partial(self.reader.read_some, [FOLLOWER_PARTITION, number]))
        self._check_newest(tails[number], number)
        tip = tails[number].tip
        own = gap.slot.places(own_heights(((hull.first, hull.last),), tails[FOLLOWER_PARTITION]))
        held = gap.slot.places(tip.ranges if tip is not None else ())
        left = subtract(gap.places, held)
        return SlotGaps(gap.slot, subtract(left, subtract(left, own)))

    def _check_newest(self, tail: Tail, number: int) -> None:
        if tail.newest is not None and tail.newest.claim.run in self._older:
            return
        ledger_end = self.slot_ends.get(number, 0)
        check_not_superseded(tail.newest, self._settings.run, self._attempt, ledger_end)

    def read_neighbours(self, hull: Hull, above: LinkedHull | None) -> tuple[dict[int, bytes], bytes | None]:
        """Return the hashes that the ledger has in and below a hull, and the parent of the block above it.

        ``above`` is the hull linked before: where it lies right above, no partition is searched for a block.
        """
        ends = self.read()
        known = self.reader.find_known(ends, hull)
        if above is not None and above.hull.first == hull.last + 1:
            return known, above.parent
        child = self.reader.find_record(ends, hull.last + 1)
        return known, to_bytes(child.parent_hash) if child is not None else None

    def check_seam(self, ends: LedgerEnds) -> None:
        """Look once more where history meets the followed part, whose first block may be newer than the link.

        Raises
        ------
        BrokenChainError
            When the follower has committed a block there that is not a child of the backfilled one.
        """
        self._trouble.until_success(partial(check_seam, self.reader, ends))
