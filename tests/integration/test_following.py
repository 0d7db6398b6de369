"""At the head: a transaction for each block, the tags, and the ways to end a run."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead
from tests.harness.lying_node import LyingNode, Reply
from tests.harness.running import RunInProcess, RunInThread, build_settings, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once
from tests.integration.conftest import ODD_BLOCKS

pytestmark = pytest.mark.services

IMPATIENT_SECONDS = 5.0
"""With a node that goes away; a slow one, for two answers that it refuses, is waited for."""


def test_each_block_at_the_head_has_a_transaction_of_its_own(stream: Stream, own_geth: GethNode) -> None:
    with RunInThread(build_settings(stream, own_geth.url, start="1")) as running:
        wait_until(lambda: running.tip == 10, "the run has caught up")
        for height in (11, 12, 13):
            own_geth.commit_block(SMALL_PLAN)
            wait_until(lambda: running.tip == height, "the block is noticed and committed")  # noqa: B023
        running.stop()
        report = running.wait().report
    transactions = stream.transactions()
    assert transactions[-3:] == [[11], [12], [13]]
    assert [height for heights in transactions for height in heights] == list(range(1, 14))
    assert len(transactions) < 13, "behind the head there are many blocks in a transaction"
    assert report["latencyMs"]["blocks"] >= 3
    assert_exactly_once(stream, own_geth.url, 1, 13)


def test_a_block_is_committed_while_the_next_is_not_there_yet(stream: Stream, own_geth: GethNode) -> None:
    with LiveHead(own_geth, 0.3, SMALL_PLAN):
        report = run(build_settings(stream, own_geth.url, blocks=8)).assert_done().report
    assert report["blocks"] == 8
    first, last = report["range"]["first"], report["range"]["last"]
    assert_exactly_once(stream, own_geth.url, first, last)


def test_confirmations_stay_below_the_head(stream: Stream, own_geth: GethNode) -> None:
    with RunInThread(build_settings(stream, own_geth.url, start="5", confirmations=3)) as running:
        wait_until(lambda: running.tip == 7, "the run has what is confirmed")
        own_geth.commit_block(SMALL_PLAN)
        wait_until(lambda: running.tip == 8, "the next block is confirmed")
    assert_exactly_once(stream, own_geth.url, 5, 8)
    assert stream.claims()[0].json["confirmations"] == 3


def test_a_new_stream_with_confirmations_begins_at_the_confirmed_head(
    stream: Stream, own_geth: GethNode
) -> None:
    run(build_settings(stream, own_geth.url, blocks=1, confirmations=4)).assert_done()
    assert_exactly_once(stream, own_geth.url, 6, 6)


@pytest.mark.parametrize("head", ["finalized", "safe"])
def test_a_tag_of_the_node_bounds_the_run_and_the_ledger_has_the_finalized_height(
    stream: Stream, own_geth: GethNode, head: str
) -> None:
    own_geth.set_finalized(6)
    with RunInThread(build_settings(stream, own_geth.url, start="5", head=head)) as running:
        wait_until(lambda: running.tip == 6, "the run has what is final")
        own_geth.set_finalized(9)
        wait_until(lambda: running.tip == 9, "the next blocks are final")
    assert_exactly_once(stream, own_geth.url, 5, 9)
    assert stream.blocks()[0].json["finalized"] == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_driver_ends_it_gently(
    stream: Stream, own_geth: GethNode, tmp_path: Path, number: signal.Signals
) -> None:
    with RunInProcess(build_settings(stream, own_geth.url, start="1"), tmp_path) as driver:
        driver.start()
        driver.wait_for(lambda progress: progress["tip"] == 10, "the run follows")
        driver.signal(number)
        assert driver.wait() == 128 + number
    assert driver.report["exitStatus"] == 128 + number
    assert driver.report["error"] == f"interrupted by {number.name}"
    assert driver.report["lastBlock"] == 10
    assert_exactly_once(stream, own_geth.url, 1, 10)


def test_a_signal_in_the_middle_of_catching_up_leaves_nothing_half_written(
    stream: Stream, odd_geth: GethNode, tmp_path: Path
) -> None:
    """The run would wait for the block after the last one: it does not end by itself before the signal."""
    after_all = ODD_BLOCKS["after"] + 1
    with RunInProcess(build_settings(stream, odd_geth.url, start="1", to=after_all), tmp_path) as driver:
        driver.start()
        driver.wait_for(lambda progress: progress["firstBlock"] is not None, "the run has begun")
        driver.signal(signal.SIGTERM)
        assert driver.wait() == 143
    heights = stream.heights()
    assert heights == list(range(1, len(heights) + 1))
    if heights:
        assert_exactly_once(stream, odd_geth.url, 1, heights[-1])
    else:
        assert not any(stream.event_logs().values())


def test_a_request_in_the_run_folder_ends_the_run(stream: Stream, own_geth: GethNode, tmp_path: Path) -> None:
    with RunInProcess(build_settings(stream, own_geth.url, start="10"), tmp_path) as driver:
        driver.start()
        driver.wait_for(lambda progress: progress["tip"] == 10, "the run follows")
        driver.folder.request_stop(signal.SIGTERM)
        assert driver.wait() == 143
    assert_exactly_once(stream, own_geth.url, 10, 10)


def test_no_secret_of_a_setting_is_told(stream: Stream, own_geth: GethNode, tmp_path: Path) -> None:
    with LyingNode(own_geth.url) as node:
        node.always(Reply(429), times=2)
        secret_url = node.url.replace("http://", "http://alice:hunter2@") + "/v3/deadbeeftoken?apikey=letmein"
        settings = build_settings(
            stream,
            secret_url,
            start="10",
            blocks=2,
            patience=IMPATIENT_SECONDS,
            client=(("sasl.plain.password", "tr0ub4dor"),),
        )
        with RunInProcess(settings, tmp_path) as driver:
            driver.start()
            driver.wait_for(lambda progress: progress["tip"] == 10, "the run follows")
            node.close()
            assert driver.wait() == 6
    told = driver.files() + repr(settings)
    assert node.url in told, "the node is named"
    for secret in ("hunter2", "deadbeeftoken", "letmein", "tr0ub4dor"):
        assert secret not in told
    for file in driver.folder.path.iterdir():
        assert file.stat().st_mode & 0o077 == 0 or file == driver.folder.log
