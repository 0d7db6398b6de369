"""Which heights a run produces."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.errors import LedgerError, SettingsError
from ethlogs.follow.plan import Plan, describe_ignored_start, plan_from_claim, plan_range
from ethlogs.settings import RangeSettings
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL, TAIL

HEAD = 200


def plan(wanted: RangeSettings, tail: Tail = TAIL, head: int = HEAD, records: bool = False) -> Plan:
    return plan_range(wanted, tail, head, records)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RangeSettings(), Plan(200, None)),
        (RangeSettings(blocks=1), Plan(200, 200)),
        (RangeSettings(blocks=20), Plan(200, 219)),
        (RangeSettings(start="latest"), Plan(200, None)),
        (RangeSettings(start="earliest", blocks=5), Plan(0, 4)),
        (RangeSettings(start="0", to=0), Plan(0, 0)),
        (RangeSettings(start="150", to=160), Plan(150, 160)),
        (RangeSettings(start="201", blocks=2), Plan(201, 202)),
        (RangeSettings(to=200), Plan(200, 200)),
    ],
)
def test_a_new_stream_begins_where_it_is_told_to_or_at_the_head(
    wanted: RangeSettings, expected: Plan
) -> None:
    assert plan(wanted, EMPTY_TAIL) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RangeSettings(), Plan(101, None)),
        (RangeSettings(blocks=20), Plan(101, 120)),
        (RangeSettings(to=105), Plan(101, 105)),
        (RangeSettings(start="101", blocks=1), Plan(101, 101)),
        (RangeSettings(start="101", allow_gap=True), Plan(101, None)),
        (RangeSettings(start="99", allow_gap=True), Plan(101, None)),
        (RangeSettings(start="150"), Plan(101, None)),
        (RangeSettings(start="latest"), Plan(101, None)),
        (RangeSettings(start="100", blocks=5), Plan(101, 105)),
        (RangeSettings(start="earliest"), Plan(101, None)),
        (RangeSettings(start="202"), Plan(101, None)),
    ],
)
def test_a_stream_goes_on_after_its_tip_whatever_start_its_command_has(
    wanted: RangeSettings, expected: Plan
) -> None:
    assert plan(wanted) == expected


def test_a_range_that_is_there_already_is_planned_as_nothing_to_do() -> None:
    assert plan(RangeSettings(to=100)) == Plan(101, 100)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (RangeSettings(start="150"), "--start 150 is ignored: the stream resumes at block 101."),
        (RangeSettings(start="150"), "With --allow-gap it would leave out blocks 101 to 149"),
        (RangeSettings(start="101"), None),
        (RangeSettings(start="1"), None),
        (RangeSettings(start="latest"), None),
        (RangeSettings(start="150", allow_gap=True), None),
        (RangeSettings(), None),
    ],
)
def test_only_a_start_that_would_leave_blocks_out_is_said_to_be_ignored(
    wanted: RangeSettings, said: str | None
) -> None:
    described = describe_ignored_start(wanted, TAIL)
    assert described is None if said is None else said in (described or "")
    assert describe_ignored_start(wanted, EMPTY_TAIL) is None


def test_a_jump_ahead_is_recorded_in_the_plan() -> None:
    assert plan(RangeSettings(start="150", blocks=2, allow_gap=True)) == Plan(150, 151, gap_after=100)
    assert plan(RangeSettings(start="latest", allow_gap=True)) == Plan(200, None, gap_after=100)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (RangeSettings(start="202", allow_gap=True), "--start 202 is above the head of the chain, block 200"),
        (
            RangeSettings(start="150", to=149, allow_gap=True),
            "--to 149 is below block 150, where the run would begin",
        ),
    ],
)
def test_a_start_that_does_not_go_with_the_ledger_is_refused(wanted: RangeSettings, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        plan(wanted)
    assert str(caught.value) == message
    assert caught.value.hint


@pytest.mark.parametrize("wanted", [RangeSettings(to=199), RangeSettings(start="50", to=49)])
def test_an_end_below_the_begin_of_a_new_stream_is_refused(wanted: RangeSettings) -> None:
    with pytest.raises(SettingsError, match="where the run would begin"):
        plan(wanted, EMPTY_TAIL)


def test_a_start_above_the_head_of_a_new_stream_is_refused() -> None:
    with pytest.raises(SettingsError, match="--start 202 is above the head of the chain, block 200"):
        plan(RangeSettings(start="202"), EMPTY_TAIL)


@pytest.mark.parametrize("start", [None, "latest", "earliest", "7"])
def test_a_topic_with_records_and_no_ledger_is_refused_whatever_start_says(start: str | None) -> None:
    with pytest.raises(LedgerError, match="the event-log topic has records, but its ledger is empty"):
        plan(RangeSettings(start=start), EMPTY_TAIL, records=True)


def test_a_later_attempt_finishes_what_its_run_claimed() -> None:
    claim = replace(CLAIM, first_block=7, last_block=9, gap_after=3)
    assert plan_from_claim(Claimed(claim, 1)) == Plan(7, 9, 3)


def test_the_tip_and_not_the_claim_decides_where_a_run_goes_on() -> None:
    tail = dataclasses.replace(TAIL, tip=replace(BLOCK, block_number=110))
    assert plan(RangeSettings(blocks=1), tail) == Plan(111, 111)


@pytest.mark.parametrize("start", [None, "earliest", "5", "latest"])
def test_above_a_backfill_a_stream_begins_right_above_its_highest_block(start: str | None) -> None:
    assert plan_range(RangeSettings(start=start), EMPTY_TAIL, 300, False, 120).first == 121
