"""What each metric of a stream is, by the ends of its ledger."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ethlogs.backfill.plan import LedgerEnds
from ethlogs.ledger import Reorgs
from ethlogs.metrics.stream_state import STREAM_METRICS, StreamState
from ethlogs.stream.tail import Claimed
from tests.unit.metrics.states import EMPTY, FOLLOWER, SLOT, STATE, TIP
from tests.unit.samples import CLAIM, EMPTY_TAIL


def values_of(state: StreamState) -> dict[str, float]:
    found = ((metric.name, metric.value(state)) for metric in STREAM_METRICS)
    return {name: value for name, value in found if value is not None}


def test_a_stream_has_every_metric() -> None:
    assert values_of(STATE) == {
        "ethlogs_tip_block_number": 110,
        "ethlogs_tip_block_timestamp_seconds": 1_760_000_012,
        "ethlogs_finalized_block_number": 36,
        "ethlogs_blocks_total": 11 + 32 + 4,
        "ethlogs_event_logs_total": 55 + 160 + 20,
        "ethlogs_unproven_event_logs": 0,
        "ethlogs_reorgs_total": 2,
        "ethlogs_retracted_blocks_total": 4,
        "ethlogs_retracted_event_logs_total": 20,
        "ethlogs_deepest_reorg_blocks": 3,
        "ethlogs_last_commit_timestamp_seconds": 1_760_000_013.5,
        "ethlogs_claim_timestamp_seconds": 1_760_000_000,
        "ethlogs_claim_last_block_number": 119,
        "ethlogs_held": 1,
        "ethlogs_open_transaction": 0,
        "ethlogs_backfilled_blocks": 32,
        "ethlogs_backfill_missing_blocks": 32,
        "ethlogs_backfill_held": 1,
    }
    assert STATE.chain_id == 1


def test_a_stream_without_a_block_has_no_tip_and_counts_from_zero() -> None:
    values = values_of(EMPTY)
    assert "ethlogs_tip_block_number" not in values
    assert "ethlogs_backfill_missing_blocks" not in values
    assert (values["ethlogs_blocks_total"], values["ethlogs_held"]) == (0, 0)
    assert EMPTY.chain_id is None


def test_no_counter_falls_when_a_reorg_takes_blocks_back() -> None:
    tip = replace(TIP, block_number=108, stream_blocks=9, stream_logs=40, stream_reorgs=Reorgs(3, 3, 7, 40))
    after = StreamState("eth_eventlogs", LedgerEnds({0: dataclasses.replace(FOLLOWER, tip=tip), 1: SLOT}))
    before, now = values_of(STATE), values_of(after)
    counters = [metric.name for metric in STREAM_METRICS if metric.kind == "counter"]
    assert counters
    assert [name for name in counters if now[name] < before[name]] == []


@pytest.mark.parametrize("open_partition", [0, 1])
def test_an_open_transaction_shows_in_whichever_partition_it_is(open_partition: int) -> None:
    tails = {**STATE.ends.tails, open_partition: dataclasses.replace(EMPTY_TAIL, stable=False)}
    assert values_of(StreamState("eth_eventlogs", LedgerEnds(tails)))["ethlogs_open_transaction"] == 1


def test_a_run_that_released_its_claim_does_not_hold_the_stream() -> None:
    follower = dataclasses.replace(FOLLOWER, newest=Claimed(replace(CLAIM, released=True), 9))
    state = StreamState("eth_eventlogs", LedgerEnds({0: follower, 1: EMPTY_TAIL}))
    assert values_of(state)["ethlogs_held"] == 0


def test_a_height_that_two_backfills_asked_for_is_missing_once() -> None:
    older = dataclasses.replace(EMPTY_TAIL, newest=Claimed(replace(CLAIM, first_block=40, last_block=80), 0))
    state = StreamState("eth_eventlogs", LedgerEnds({0: FOLLOWER, 1: SLOT, 2: older}))
    assert state.ends.missing_blocks == 80 - 32 + 1
