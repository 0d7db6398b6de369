"""The walk through a stream: each block's stretch of the topic folded, and compared with both other sides."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ethlogs.decoding.decoder import build_decoder
from ethlogs.selection import Selection
from ethlogs.settings import SelectionSettings
from ethlogs.stream.block import PreparedBlock
from ethlogs.verify.backfilled import BackfilledBlocks
from ethlogs.verify.chain import ChainReader
from ethlogs.verify.compare import (
    Stretch,
    compare_ledger,
    compare_offsets,
    compare_with_chain,
    compare_with_ledger,
)
from ethlogs.verify.differences import Difference, Kind, Tell
from ethlogs.verify.fold import SpanFold
from ethlogs.verify.found_record import FoundRecord, Reread
from ethlogs.verify.ledger_checks import LedgerChecks, place_of
from ethlogs.verify.ledger_scan import LedgerEntry
from ethlogs.verify.plan import WalkPlan
from ethlogs.verify.topic_scan import TopicReader

_REMEMBERED = 4096

Progress = Callable[[int, int, float], None]
"""Shows the blocks, event logs and seconds so far."""


@dataclass(frozen=True)
class Sides:
    """The sides that are compared with each other; without ``chain`` the topic and its ledger alone."""

    topic: str
    ledger_topic: str
    partitions: int
    chain_id: int | None
    reader: TopicReader
    reread: Reread
    chain: ChainReader | None
    content: SelectionSettings = field(default_factory=SelectionSettings)
    """What the stream has of each block."""


class Walk:
    """Goes from block to block; :meth:`rest` and :meth:`finish` end it."""

    def __init__(
        self,
        sides: Sides,
        plan: WalkPlan,
        backfilled: Mapping[int, LedgerEntry],
        is_wanted: Callable[[int], bool],
        tell: Tell,
        progress: Progress,
    ) -> None:
        self._sides = sides
        self._decoder = build_decoder(sides.content)
        self._tell = tell
        self._progress = progress
        self._is_wanted = is_wanted
        self._positions: dict[int, int] = dict(plan.positions)
        self._ends: Mapping[int, int] = {}
        self._hashes: dict[int, str] = {}
        is_beginning = plan.previous is None and not plan.expired
        self._checks = LedgerChecks(
            sides.ledger_topic,
            plan.previous,
            is_beginning,
            backfilled,
            tell,
            selects=not Selection(sides.content).is_everything,
        )
        self._backfill = BackfilledBlocks(backfilled, self._finish_backfilled)
        self.backfilled = backfilled
        self._began_at = time.monotonic()
        self.proofs: dict[str, int] = {}
        """How many blocks were proven in which way: by the node's answers, or by what the ledger says."""
        self._blocks = 0
        self._logs = 0

    @property
    def reader(self) -> TopicReader:
        """The event-log topic."""
        return self._sides.reader

    @property
    def has_backfilled(self) -> bool:
        """Whether blocks of a backfill are to be compared: these may be anywhere in the topic."""
        return any(self._is_wanted(height) for height in self.backfilled)

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """Heights that ``--allow-gap`` left out."""
        return self._checks.gaps

    def begin(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Read each partition from its start; nothing is read from its end on."""
        self._ends = ends
        self._positions = {partition: start - 1 for partition, start in starts.items()}
        self._sides.reader.begin(starts)

    def block(self, entry: LedgerEntry) -> None:
        """Read the block's stretch of the topic, and compare it."""
        record = entry.record
        wanted = self._is_wanted(record.block_number)
        chain = self._sides.chain.fetch(record.block_number) if self._sides.chain and wanted else None
        hashes = {record.block_hash} | ({chain.hash} if chain else set())
        expected = frozenset(each.value for each in chain.records) if chain else frozenset()
        fold = self._fold(record.block_number, hashes, expected)
        self._read(fold, self._stops(entry))
        self._tell_strays(fold.finish())
        logs = len(chain.records) if chain else record.produced
        if wanted:
            self._compare(entry, chain, fold.own)
            self._blocks += 1
            self._logs += len(fold.own)
            place = place_of(entry, self._sides.ledger_topic)
            compare_offsets(record, fold.own, Stretch(fold.first, fold.last), place, self._tell)
        self._checks.check(entry, logs)
        if record.block_number in self.backfilled:
            detail = "the follower and a backfill both have it"
            self._checks.differs(entry, Kind.DOUBLED_BLOCK, detail, {})
        self._remember(record.block_number, record.block_hash)
        self._show()

    def rest(self, ends: Mapping[int, int]) -> None:
        """Behind the last block of the ledger there must be nothing."""
        fold = self._fold(None, ())
        self._read(fold, {p: end for p, end in ends.items() if end > self._positions[p] + 1})
        self._tell_strays(fold.finish())

    def finish(self) -> None:
        """Compare what is left."""
        self._backfill.finish()

    def _fold(
        self, number: int | None, hashes: Collection[str], expected: Collection[bytes] = frozenset()
    ) -> SpanFold:
        sides = self._sides
        return SpanFold(number, hashes, sides.chain_id, self._tell, sides.reread, expected)

    def _read(self, fold: SpanFold, stops: Mapping[int, int]) -> None:
        for record in self._sides.reader.read_to(stops):
            if not self._backfill.take(record):
                fold.add(record)

    def _stops(self, entry: LedgerEntry) -> dict[int, int]:
        """Return where the block ends in each partition, as far as the ledger can be right."""
        stops: dict[int, int] = {}
        wrong: dict[str, tuple[object, object]] = {}
        for partition, offset in entry.record.last_offsets.items():
            if partition not in self._positions or offset >= self._ends[partition]:
                wrong[str(partition)] = (None, offset)
            elif offset <= self._positions[partition]:
                wrong[str(partition)] = (f"above {self._positions[partition]}", offset)
            else:
                stops[partition] = offset + 1
                self._positions[partition] = offset
        if wrong:
            detail = "the ledger's offsets are none that the block can have"
            self._checks.differs(entry, Kind.LEDGER_OFFSET, detail, wrong)
        return stops

    def _compare(self, entry: LedgerEntry, chain: PreparedBlock | None, own: list[FoundRecord]) -> None:
        sides, record = self._sides, entry.record
        proof = chain.proof if chain else record.proof
        self.proofs[proof] = self.proofs.get(proof, 0) + 1
        if chain is not None:
            chain_id = sides.chain_id if sides.chain_id is not None else record.chain_id
            place = place_of(entry, sides.ledger_topic)
            compare_ledger(chain, record, chain_id, place, self._tell)
        if chain is not None and (not own or own[0].identity[1] == chain.hash):
            compare_with_chain(chain, own, sides.topic, sides.partitions, self._tell)
        else:
            compare_with_ledger(record, own, sides.topic, sides.partitions, self._decoder, self._tell)

    def _finish_backfilled(self, entry: LedgerEntry, own: list[FoundRecord]) -> None:
        record = entry.record
        if not self._is_wanted(record.block_number):
            return
        chain = self._sides.chain.fetch_one(record.block_number) if self._sides.chain else None
        own = sorted(own, key=lambda found: (found.partition, found.offset))
        self._compare(entry, chain, own)
        first = {found.partition: found.offset for found in reversed(own)}
        last = {found.partition: found.offset for found in own}
        place = place_of(entry, self._sides.ledger_topic)
        compare_offsets(record, own, Stretch(first, last), place, self._tell)
        self._blocks += 1
        self._logs += len(own)
        self._show()

    def _tell_strays(self, strays: list[FoundRecord]) -> None:
        for stray in strays:
            self._tell(self._describe(stray))

    def _describe(self, stray: FoundRecord) -> Difference:
        """An event log outside of the stretch of its block, or of no block of the chain."""
        number, block_hash, _ = stray.identity
        canonical = self._hashes.get(number)
        if self._sides.chain is not None:
            canonical = self._sides.chain.fetch_hash(number)
        if canonical == block_hash:
            return stray.differs(Kind.DOUBLED_LOG, "it stands outside of its block's place in the topic")
        fields = {} if canonical is None else {"blockHash": (canonical, block_hash)}
        detail = "its block is not on the chain, and it is not retracted"
        return stray.differs(Kind.ORPHANED_LOG, detail, fields=fields)

    def _remember(self, number: int, block_hash: str) -> None:
        """The newest blocks' hashes, for saying without a node what a stray record is."""
        self._hashes[number] = block_hash
        if len(self._hashes) > _REMEMBERED:
            del self._hashes[next(iter(self._hashes))]

    def _show(self) -> None:
        seconds = max(time.monotonic() - self._began_at, 1e-3)
        self._progress(self._blocks, self._logs, seconds)
