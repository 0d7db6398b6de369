"""The ledger as one backfill reads it; its reader is a fake, since a broker cannot be made to change between
two looks. That a real ledger is read is what integration/test_backfill shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from msgspec.structs import replace as replace_record

from ethlogs.backfill.link import LinkedHull, Segment
from ethlogs.backfill.missing import Slot, SlotGaps
from ethlogs.backfill.own_ledger import OwnLedger
from ethlogs.backfill.plan import Hull, LedgerEnds
from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KafkaUnavailableError, SettingsError, SupersededError
from ethlogs.follow.trouble import KafkaTrouble
from ethlogs.ledger import BlockRecord
from ethlogs.run.context import RunContext
from ethlogs.run.journal import Journal
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.stream.claim import LedgerPartition
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL, IDENTITY, TAIL, ends_with

RUN = "20260202-000000-123456"
OWN = Claimed(replace_record(CLAIM, run=RUN, first_block=0, last_block=63), 4)
HULL = Hull(0, 63, ((0, 63),))
GAP = SlotGaps(Slot(0, 1), ((0, 63),))


@dataclass
class FakeReader:
    """The ends of a ledger with one slot."""

    ends: LedgerEnds
    records: tuple[BlockRecord, ...] = ()

    def read(self) -> LedgerEnds:
        return self.ends

    def read_some(self, partitions: list[int]) -> dict[int, Tail]:
        return {number: self.ends.tails[number] for number in partitions}

    def find_known(self, _ends: LedgerEnds, hull: Hull) -> dict[int, bytes]:
        return {hull.first - 1: b"below"}

    def find_record(self, _ends: LedgerEnds, height: int) -> BlockRecord | None:
        return next((record for record in self.records if record.block_number == height), None)


def ledger(ends: LedgerEnds, *records: BlockRecord) -> OwnLedger:
    settings = RunSettings(RUN, "backfill", NodeSettings(("http://node",)), KafkaSettings("kafka:9092"))
    stop, journal = StopSwitch(), Journal(RUN, 1, lambda _snapshot: None)
    trouble = KafkaTrouble(settings.kafka.patience_seconds, stop, journal)
    context = RunContext(settings, 1, stop, journal)
    return OwnLedger(context, cast(Any, FakeReader(ends, records)), IDENTITY, trouble)


def slot(*held: tuple[int, int], newest: Claimed = OWN) -> Tail:
    """The end of a slot that holds these heights."""
    tip = replace_record(BLOCK, block_number=held[-1][1], ranges=held) if held else None
    return Tail(tip, newest, 10, stable=True)


def test_what_a_slot_still_lacks_is_said_by_its_ledger_partition() -> None:
    assert ledger(ends_with(EMPTY_TAIL, slot((0, 9)))).read_left(GAP, HULL).places == ((10, 63),)
    assert ledger(ends_with(EMPTY_TAIL, slot((0, 63)))).read_left(GAP, HULL).places == ()


def test_heights_that_a_follower_has_taken_meanwhile_are_no_longer_missing() -> None:
    follower = replace(TAIL, tip=replace_record(BLOCK, block_number=40, ranges=((40, 40),)))
    assert ledger(ends_with(follower, slot((0, 9)))).read_left(GAP, HULL).places == ((10, 39),)


def test_a_slot_with_the_claim_of_a_newer_run_ends_the_older_one() -> None:
    own = ledger(ends_with(EMPTY_TAIL, slot((0, 9))))
    own.read()
    newer = slot((0, 9), newest=Claimed(CLAIM, 12))
    cast(Any, own.reader).ends = ends_with(EMPTY_TAIL, newer)
    with pytest.raises(SupersededError, match=f"run {CLAIM.run} has taken this stream"):
        own.read_left(GAP, HULL)
    with pytest.raises(SupersededError):
        own.read()


def test_a_task_of_an_older_run_that_claims_a_slot_meanwhile_makes_its_run_no_newer_one() -> None:
    """So the older run's tasks do, until the newer one has claimed all slots."""

    def held_at(offset: int) -> LedgerEnds:
        return ends_with(EMPTY_TAIL, slot((0, 9), newest=Claimed(CLAIM, offset)))

    own = ledger(held_at(4))
    own.read()
    cast(Any, own.reader).ends = held_at(12)
    own.read()
    own.keep_claims({1: 20})
    cast(Any, own.reader).ends = held_at(25)
    with pytest.raises(SupersededError, match=f"run {CLAIM.run} has taken this stream"):
        own.read()


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The partitions whose open transaction was ended."""
    found: list[int] = []
    monkeypatch.setattr(
        LedgerPartition, "end_transaction", lambda partition, _stop: found.append(partition.number)
    )
    return found


def test_the_transaction_of_a_lost_task_is_ended_in_its_slot_alone(ended: list[int]) -> None:
    ledger(ends_with(EMPTY_TAIL, slot((0, 9)), slot())).end_transaction(1)
    assert ended == [2]


def test_the_transaction_of_a_newer_run_is_left_alone(ended: list[int]) -> None:
    own = ledger(ends_with(EMPTY_TAIL, slot((0, 9))))
    own.read()
    cast(Any, own.reader).ends = ends_with(EMPTY_TAIL, slot((0, 9), newest=Claimed(CLAIM, 12)))
    with pytest.raises(SupersededError):
        own.end_transaction(0)
    assert ended == []


def test_while_kafka_is_away_the_next_task_ends_the_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_partition: LedgerPartition, _stop: StopSwitch) -> None:
        raise KafkaUnavailableError("away")

    monkeypatch.setattr(LedgerPartition, "end_transaction", fail)
    ledger(ends_with(EMPTY_TAIL, slot((0, 9)))).end_transaction(0)


def test_a_ledger_of_another_chain_is_refused() -> None:
    other = replace_record(CLAIM, run=RUN, identity=replace_record(IDENTITY, chain_id=5))
    with pytest.raises(SettingsError, match="bound to something else"):
        ledger(ends_with(EMPTY_TAIL, slot((0, 9), newest=Claimed(other, 4)))).read()


def test_the_neighbours_of_a_hull_are_the_blocks_below_it_and_the_parent_named_above_it() -> None:
    above = replace_record(BLOCK, block_number=64, parent_hash="0xb0")
    assert ledger(ends_with(EMPTY_TAIL, slot())).read_neighbours(HULL, None) == ({-1: b"below"}, None)
    assert ledger(ends_with(EMPTY_TAIL, slot()), above).read_neighbours(HULL, None)[1] == b"\xb0"


def test_a_hull_that_was_linked_right_above_is_the_neighbour_and_another_one_is_not() -> None:
    own = ledger(ends_with(EMPTY_TAIL, slot()))
    for first, parent in ((64, b"parent"), (70, None)):
        linked = LinkedHull(Hull(first, first, ((first, first),)))
        linked.add(Segment(first, b"parent", bytes(32)))
        assert own.read_neighbours(HULL, linked)[1] == parent
