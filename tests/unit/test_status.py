"""Where a stream stands, for a person."""

from __future__ import annotations

import dataclasses
import re
import time

import pytest
from msgspec.structs import replace

from ethlogs.settings import StreamSettings
from ethlogs.status import StreamStatus, _build_status, format_status, seen_since
from ethlogs.stream.tail import Claimed, Tail
from tests.unit.samples import BLOCK, CLAIM, EMPTY_TAIL, TAIL, ends_with


def test_the_status_says_what_was_shown_of_the_tip_and_not_what_its_run_asked_for() -> None:
    tail = dataclasses.replace(TAIL, tip=replace(BLOCK, proof="receipts+unchecked"))
    status = _build_status(StreamSettings(), ends_with(tail), None)
    assert status.proof == "receipts+unchecked"
    assert "seconds old, proven by receipts+unchecked\n" in format_status(status)


def test_the_lag_is_counted_from_what_the_streams_run_follows() -> None:
    claim = replace(TAIL.newest.claim, head="finalized") if TAIL.newest else None
    assert claim is not None
    tail = dataclasses.replace(TAIL, newest=Claimed(claim, 3), tip=replace(BLOCK, block_number=100))
    status = _build_status(StreamSettings(), ends_with(tail), 164, 101)
    assert status.lag == 1
    assert status.exceeded(1, None) == []
    assert "block 164, followed up to 101 (finalized), lag 1" in format_status(status)
    late = _build_status(StreamSettings(), ends_with(tail), 200, 132)
    assert late.exceeded(10, None) == [
        "the stream is 32 blocks behind block 132, the newest that it follows (finalized); --max-lag is 10"
    ]


@pytest.mark.parametrize(
    ("tail", "following"),
    [
        (EMPTY_TAIL, "no: ethlogs produce has not been run on this stream"),
        (TAIL, "unknown: the newest run has not released the stream"),
        (dataclasses.replace(TAIL, stable=False), "yes, a run commits"),
        (
            dataclasses.replace(TAIL, newest=Claimed(replace(CLAIM, released=True), 9)),
            "no: the newest run was stopped, or ended with an error, before its last block",
        ),
        (
            dataclasses.replace(TAIL, tip=replace(BLOCK, block_number=119)),
            "no: the newest run has finished, its last block was 119",
        ),
    ],
)
def test_the_status_says_whether_a_run_follows_and_why_none_does(tail: Tail, following: str) -> None:
    status = _build_status(StreamSettings(), ends_with(tail), None)
    assert status.following == re.split(r"\W", following)[0]
    assert f"following     {following}" in format_status(status)


@pytest.mark.parametrize(
    ("seconds_ago", "following"), [(0, "yes"), (19, "yes"), (-19, "yes"), (21, "unknown"), (-3600, "unknown")]
)
def test_a_run_that_has_just_committed_follows_as_seen_at_one_look(
    seconds_ago: int, following: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_760_000_100.0
    monkeypatch.setattr(time, "time", lambda: now)
    tail = dataclasses.replace(TAIL, committed_at=now - seconds_ago)
    assert _build_status(StreamSettings(), ends_with(tail), None).following == following


def test_a_tip_that_moves_between_two_looks_shows_a_run() -> None:
    first = _build_status(StreamSettings(), ends_with(TAIL), None)
    assert seen_since(first, first).following == "unknown"
    tail = dataclasses.replace(TAIL, tip=replace(BLOCK, block_number=101, block_hash="0xb2"))
    assert seen_since(first, _build_status(StreamSettings(), ends_with(tail), None)).following == "yes"


def test_each_snapshot_has_its_time() -> None:
    status = replace(_build_status(StreamSettings(), ends_with(TAIL), None), at=1_760_000_000)
    assert format_status(status).startswith("at            2025-10-09T08:53:20Z\n")


def test_the_status_has_the_public_names_in_json() -> None:
    status = _build_status(StreamSettings(), ends_with(dataclasses.replace(TAIL, tip=BLOCK)), 7).to_dict()
    assert {"ledgerTopic", "blockTimestamp", "ageSeconds", "firstBlock", "blocksOfRun", "chainId"} <= set(
        status
    )
    assert status["reorgs"].keys() == {"count", "deepest", "blocks", "logs"}


def test_the_status_says_how_many_event_logs_were_left_out() -> None:
    def status_of(left_out: int) -> StreamStatus:
        tip = replace(BLOCK, stream_unproven_logs=left_out)
        return _build_status(StreamSettings(), ends_with(dataclasses.replace(TAIL, tip=tip)), None)

    assert status_of(3).to_dict()["unprovenLogs"] == 3
    assert "1 blocks, 5 event logs, 3 more left out: no root of their block commits to them\n" in (
        format_status(status_of(3))
    )
    assert "1 blocks, 5 event logs\n" in format_status(status_of(0))


def test_a_stream_that_was_only_backfilled_has_its_chain_and_what_was_left_out() -> None:
    filled = replace(BLOCK, ranges=((0, 31),), stream_blocks=32, stream_logs=640, stream_unproven_logs=3)
    slot = Tail(tip=filled, newest=TAIL.newest, end_offset=40, stable=True)
    status = _build_status(StreamSettings(), ends_with(EMPTY_TAIL, slot), None)
    assert (status.chain_id, status.backfilled_unproven_logs) == (1, 3)
    assert "backfilled    32 blocks, 640 event logs, 3 more left out: no root" in format_status(status)
    assert status.exceeded(5, None) == ["the stream has no followed block yet"]


def test_what_backfills_have_filled_is_a_row_of_its_own_part() -> None:
    asked = Claimed(replace(CLAIM, first_block=0, last_block=99), 0)
    filled = replace(BLOCK, ranges=((0, 31),), stream_blocks=32, stream_logs=640)
    slot = Tail(tip=filled, newest=asked, end_offset=40, stable=True)
    tail = dataclasses.replace(TAIL, tip=replace(BLOCK, ranges=((100, 100),), stream_blocks=1, stream_logs=5))
    status = _build_status(StreamSettings(), ends_with(tail, slot), None)
    assert (status.blocks, status.backfilled_blocks, status.backfilled_logs) == (1, 32, 640)
    assert status.missing_blocks == 68
    shown = format_status(status)
    assert "so far        1 blocks, 5 event logs\n" in shown
    assert "backfilled    32 blocks, 640 event logs; 68 more are asked for\n" in shown
    never = _build_status(StreamSettings(), ends_with(TAIL), None)
    assert never.missing_blocks is None
    assert "backfilled" not in format_status(never)
