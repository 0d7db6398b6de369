"""Reorgs, made on a real geth with real side branches: retracted, and the stream stays one chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ethlogs.errors import ReorgError
from ethlogs.settings import FollowSettings
from ethlogs_devnet import SMALL_PLAN, GethNode, KafkaBroker
from tests.harness.lying_node import LyingNode
from tests.harness.running import RunInThread, another_run, build_settings, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once, assert_folds


@pytest.fixture
def other_geth(tmp_path: Path) -> Iterator[GethNode]:
    """A second node with the same first ten blocks as ``own_geth``."""
    with GethNode(tmp_path / "other") as node:
        yield node


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_a_reorg_while_following_is_retracted_in_one_transaction(
    stream: Stream, own_geth: GethNode, depth: int
) -> None:
    with RunInThread(build_settings(stream, own_geth.url, start="2", blocks=10)) as running:
        wait_until(lambda: running.tip == 10, "the run follows")
        own_geth.reorg(depth, plan=SMALL_PLAN)
        report = running.wait().assert_done().report
    fork = 10 - depth
    assert_folds(stream, own_geth.url, 2, 11)
    assert stream.transactions()[-1] == [*range(10, fork, -1), *range(fork, 12)]
    assert (report["reorgs"], report["deepestReorg"], report["retractedBlocks"]) == (1, depth, depth)
    assert (report["firstBlock"], report["lastBlock"], report["blocks"]) == (2, 11, 10)
    assert report["readBackLogs"] == 0 < report["retractedLogs"]
    assert report["tip"]["hash"] == own_geth.block_hash(11)
    assert stream.blocks()[-1].json["streamReorgs"] == {
        "count": 1,
        "deepest": depth,
        "blocks": depth,
        "logs": report["retractedLogs"],
    }


def test_a_reorg_while_the_run_is_dead_is_read_back_from_kafka(stream: Stream, own_geth: GethNode) -> None:
    settings = build_settings(stream, own_geth.url, start="4", blocks=7)
    run(settings).assert_done()
    orphan = own_geth.block_hash(10)
    own_geth.reorg(3, plan=SMALL_PLAN)
    outcome = run(another_run(settings, blocks=1)).assert_done()
    assert outcome.report["readBackLogs"] == outcome.report["retractedLogs"] > 0
    assert any("3 deep" in notice for notice in outcome.notices)
    assert_folds(stream, own_geth.url, 4, 11)
    assert all(row.value is None or row.json["blockHash"] != orphan for row in stream.blocks()[7:])


def test_a_block_replaced_at_the_same_height_is_seen_without_a_next_block(
    stream: Stream, own_geth: GethNode
) -> None:
    with RunInThread(build_settings(stream, own_geth.url, start="8")) as running:
        wait_until(lambda: running.tip == 10, "the run follows")
        own_geth.reorg(1, length=1, plan=SMALL_PLAN)
        wait_until(lambda: running.journal.meter.counters.reorgs == 1, "the block is replaced")
        running.stop()
    assert_folds(stream, own_geth.url, 8, 10)


def test_a_shorter_branch_is_waited_on_until_it_is_as_high(stream: Stream, own_geth: GethNode) -> None:
    with RunInThread(build_settings(stream, own_geth.url, start="6")) as running:
        wait_until(lambda: running.tip == 10, "the run follows")
        before = stream.event_logs()
        own_geth.rewind(7)
        own_geth.commit_block(SMALL_PLAN, salt=5)
        wait_until(lambda: any("below the tip" in notice for notice in running.notices), "it waits")
        assert stream.event_logs() == before
        for _ in range(3):
            own_geth.commit_block(SMALL_PLAN, salt=5)
        wait_until(lambda: running.tip == 11, "the run continues")
        running.stop()
    assert_folds(stream, own_geth.url, 6, 11)


def test_a_stream_whose_every_block_is_orphaned_begins_again_at_its_first(
    stream: Stream, own_geth: GethNode
) -> None:
    settings = build_settings(stream, own_geth.url, start="9", blocks=2)
    run(settings).assert_done()
    own_geth.reorg(4, plan=SMALL_PLAN)
    run(another_run(settings, blocks=1)).assert_done()
    assert_folds(stream, own_geth.url, 9, 11)


def test_two_reorgs_of_the_same_heights_are_both_folded(stream: Stream, own_geth: GethNode) -> None:
    settings = build_settings(stream, own_geth.url, start="8", blocks=3)
    run(settings).assert_done()
    first_branch = own_geth.block_hash(10)
    own_geth.reorg(2, plan=SMALL_PLAN)
    run(another_run(settings, blocks=1)).assert_done()
    own_geth.reorg(3, salt=2, plan=SMALL_PLAN)
    run(another_run(settings, blocks=1)).assert_done()
    assert own_geth.block_hash(10) != first_branch
    assert_folds(stream, own_geth.url, 8, 12)
    assert stream.blocks()[-1].json["streamReorgs"]["count"] == 2


def test_a_deep_reorg_ends_with_status_6_and_is_retracted_in_pieces_with_rewind(
    stream: Stream, own_geth: GethNode
) -> None:
    settings = build_settings(stream, own_geth.url, start="2", blocks=9, reorg_window=3)
    run(settings).assert_done()
    own_geth.reorg(7, plan=SMALL_PLAN)
    before = stream.event_logs()
    outcome = run(another_run(settings, blocks=1))
    outcome.assert_failed(ReorgError, "blocks 7 to 10", "deeper than the 3 blocks", hint="--rewind")
    assert outcome.report["exitStatus"] == 6
    assert stream.event_logs() == before
    consent = replace(another_run(settings, blocks=1), follow=FollowSettings(reorg_window=3, rewind=True))
    report = run(consent).assert_done().report
    assert (report["reorgs"], report["deepestReorg"], report["retractedBlocks"]) == (1, 7, 7)
    assert_folds(stream, own_geth.url, 2, 11)
    assert stream.transactions()[-3:] == [[10, 9, 8, 7], [7, 6, 5, 4], [4, *range(3, 12)]]


def test_what_the_ledger_has_as_finalized_is_never_retracted(stream: Stream, own_geth: GethNode) -> None:
    own_geth.set_finalized(9)
    settings = build_settings(stream, own_geth.url, start="6", blocks=5, rewind=True)
    run(settings).assert_done()
    own_geth.reorg_by_rewind(3, plan=SMALL_PLAN)
    before = stream.event_logs()
    outcome = run(another_run(settings, blocks=1))
    outcome.assert_failed(ReorgError, "blocks 9 to 10", "block 9 as finalized", hint="other nodes")
    assert stream.event_logs() == before


def test_a_fail_over_to_another_branch_of_the_same_height_waits_until_that_is_longer(
    stream: Stream, own_geth: GethNode, other_geth: GethNode
) -> None:
    for _ in range(9):
        other_geth.commit_block(SMALL_PLAN, salt=9)
    with (
        LyingNode(other_geth.url) as counted,
        RunInThread(build_settings(stream, own_geth.url, counted.url, start="8")) as running,
    ):
        wait_until(lambda: running.tip == 10, "the run follows the first URL")
        other_geth.commit_block(SMALL_PLAN, salt=9)
        before = stream.event_logs()
        own_geth.kill()
        wait_until(lambda: any("asking" in notice for notice in running.notices), "it fails over")
        looks = counted.calls["eth_getBlockByNumber"]
        wait_until(lambda: counted.calls["eth_getBlockByNumber"] > looks + 3, "it looks at that branch")
        assert stream.event_logs() == before
        other_geth.commit_block(SMALL_PLAN, salt=9)
        wait_until(lambda: running.tip == 11, "the run continues with the longer branch")
        running.stop()
    assert_folds(stream, other_geth.url, 8, 11)


def test_confirmations_stay_below_a_reorg(kafka: KafkaBroker, stream: Stream, own_geth: GethNode) -> None:
    with RunInThread(build_settings(stream, own_geth.url, start="5", confirmations=2, blocks=5)) as running:
        wait_until(lambda: running.tip == 8, "the run follows")
        own_geth.reorg(2, plan=SMALL_PLAN)
        assert running.wait().assert_done().report["retractedBlocks"] == 0
    assert_exactly_once(stream, own_geth.url, 5, 9)
