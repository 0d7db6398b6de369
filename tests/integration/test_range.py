"""Which blocks a run produces: a new stream's beginning, its resumption, its end, gaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ethlogs.errors import DeadlineError, InterruptedRunError, LedgerError
from ethlogs.settings import Proof
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.running import RunInThread, another_run, build_settings, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once, create_stream, plant
from tests.integration.conftest import ODD_BLOCKS

pytestmark = pytest.mark.services


def test_a_second_run_goes_on_at_the_next_block(stream: Stream, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="3", blocks=4)
    first = run(settings).assert_done()
    second = run(another_run(settings, blocks=2)).assert_done()
    assert first.report["range"] == {"first": 3, "last": 6}
    assert second.report["range"] == {"first": 7, "last": 8}
    assert any("resuming at block 7 after tip 6" in notice for notice in second.notices)
    assert_exactly_once(stream, geth.url, 3, 8)


def test_a_run_ends_at_the_height_of_to_and_reports_what_it_did(stream: Stream, geth: GethNode) -> None:
    report = run(build_settings(stream, geth.url, start="9", to=10)).assert_done().report
    assert (report["firstBlock"], report["lastBlock"], report["blocks"], report["logs"]) == (9, 10, 2, 740)
    assert report["tip"] == {"number": 10, "hash": geth.block_hash(10)}
    assert report["chainId"] == 1337
    assert_exactly_once(stream, geth.url, 9, 10)


def test_a_run_to_a_height_that_is_there_already_is_done_at_once(stream: Stream, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="9", to=10)
    run(settings).assert_done()
    for to in (10, 9):
        outcome = run(another_run(settings, to=to)).assert_done()
        assert outcome.report["blocks"] == 0
        assert any("nothing to do: the stream's tip is block 10" in notice for notice in outcome.notices)
    assert len(stream.claims()) == 1


@pytest.mark.parametrize(("start", "first"), [(None, 30), ("latest", 30), ("29", 29)])
def test_a_new_stream_begins_where_start_says(
    stream: Stream, geth: GethNode, start: str | None, first: int
) -> None:
    run(build_settings(stream, geth.url, start=start, blocks=1)).assert_done()
    assert_exactly_once(stream, geth.url, first, first)


def test_earliest_begins_at_the_genesis_block(stream: Stream, odd_geth: GethNode) -> None:
    run(build_settings(stream, odd_geth.url, start="earliest", blocks=2)).assert_done()
    assert_exactly_once(stream, odd_geth.url, 0, 1)


@pytest.mark.parametrize("start", ["4", "6", "9", "latest", "earliest"])
def test_the_same_command_resumes_whatever_its_start(stream: Stream, geth: GethNode, start: str) -> None:
    settings = build_settings(stream, geth.url, start="4", blocks=2)
    run(settings).assert_done()
    again = run(another_run(settings, start=start, blocks=1)).assert_done()
    assert again.report["tip"]["number"] == 6
    assert ("--start 9 is ignored: the stream resumes at block 6" in again.told) is (start == "9")
    assert_exactly_once(stream, geth.url, 4, 6)


def test_a_start_ahead_of_the_tip_counts_with_allow_gap_which_the_claim_records(
    stream: Stream, geth: GethNode
) -> None:
    settings = build_settings(stream, geth.url, start="1", blocks=1)
    run(settings).assert_done()
    run(another_run(settings, start="4", blocks=1, allow_gap=True)).assert_done()
    assert stream.heights() == [1, 4]
    assert [claim.json["gapAfter"] for claim in stream.claims()] == [None, 1]


def test_a_start_that_is_where_the_stream_goes_on_anyway_is_no_gap(stream: Stream, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="1", blocks=1)
    run(settings).assert_done()
    run(another_run(settings, start="2", blocks=1)).assert_done()
    assert stream.claims()[-1].json["gapAfter"] is None
    assert_exactly_once(stream, geth.url, 1, 2)


@pytest.mark.parametrize("start", [None, "7", "latest", "earliest"])
def test_a_topic_with_records_and_no_ledger_is_refused_whatever_start_says(
    stream: Stream, geth: GethNode, start: str | None
) -> None:
    create_stream(stream)
    plant(stream.bootstrap, stream.topic, (0, b"key", b"whatever"))
    outcome = run(build_settings(stream, geth.url, start=start, blocks=1))
    outcome.assert_failed(LedgerError, "has records, but its ledger is empty", hint="another --topic")
    assert not stream.claims()


def test_a_later_attempt_with_all_blocks_there_is_done_at_once(stream: Stream, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="1", blocks=2)
    run(settings).assert_done()
    run(another_run(settings, blocks=1)).assert_done()
    assert run(another_run(settings, blocks=1), attempt=2).assert_done().report["blocks"] == 1
    claims = len(stream.claims())

    again = run(settings_of_last_run := another_run(settings, blocks=1)).assert_done()
    assert again.report["range"] == {"first": 5, "last": 5}
    repeated = run(settings_of_last_run, attempt=2).assert_done()
    assert (repeated.report["blocks"], repeated.report["range"]) == (0, {"first": 5, "last": 5})
    assert len(stream.claims()) == claims + 1
    assert_exactly_once(stream, geth.url, 1, 5)


def test_a_later_attempt_finishes_the_same_blocks(stream: Stream, own_geth: GethNode) -> None:
    settings = build_settings(stream, own_geth.url, start="8", blocks=5)
    with RunInThread(settings) as first:
        wait_until(lambda: first.tip == 10, "the run has all blocks that there are")
        first.stop()
        first.wait().assert_failed(InterruptedRunError, "interrupted by the test", hint="")
    for _ in range(5):
        own_geth.commit_block(SMALL_PLAN)
    second = run(settings, attempt=2).assert_done()
    assert second.report["range"] == {"first": 8, "last": 12}
    assert (second.report["firstBlock"], second.report["blocks"]) == (11, 2)
    assert_exactly_once(stream, own_geth.url, 8, 12)


def test_a_run_that_waits_for_a_block_ends_with_its_timeout(stream: Stream, geth: GethNode) -> None:
    settings = build_settings(stream, geth.url, start="30", blocks=1)
    run(settings).assert_done()
    outcome = run(replace(another_run(settings, blocks=1), timeout_seconds=5.0))
    outcome.assert_failed(DeadlineError, "did not end within --timeout 5 seconds", hint="resume after it")
    assert outcome.report["exitStatus"] == 11
    assert_exactly_once(stream, geth.url, 30, 30)


@pytest.mark.parametrize(
    ("least", "shown"),
    [("receipts", "receipts"), ("auto", "block"), pytest.param("block", "block", marks=pytest.mark.long)],
)
def test_blocks_without_logs_with_very_many_and_with_very_large_ones(
    stream: Stream, odd_geth: GethNode, least: Proof, shown: str
) -> None:
    """Whichever way they are proven, the records are the same, byte for byte."""
    run(build_settings(stream, odd_geth.url, start="1", to=ODD_BLOCKS["after"], proof=least)).assert_done()
    assert_exactly_once(stream, odd_geth.url, 1, ODD_BLOCKS["after"], proof=shown)


def test_a_node_behind_a_local_socket(stream: Stream, odd_geth: GethNode) -> None:
    run(build_settings(stream, odd_geth.ipc_url, start="1", to=2)).assert_done()
    assert_exactly_once(stream, odd_geth.url, 1, 2)
