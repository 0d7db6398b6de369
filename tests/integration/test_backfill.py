"""Backfills on a real node and a real broker; only Spark is left out, which test_backfill_command has."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from ethlogs import ledger
from ethlogs.backfill import hull_filler, plan
from ethlogs.backfill.cluster import TaskLostError
from ethlogs.backfill.task import TaskEnd
from ethlogs.errors import (
    BlockNotFoundError,
    BrokenChainError,
    InterruptedRunError,
    SettingsError,
    SupersededError,
)
from ethlogs.kafka.topics import admin_client
from ethlogs.kafka.writer import Transaction
from ethlogs.node import BlockSource
from ethlogs.proof import Header
from ethlogs.settings import RunSettings, SelectionSettings
from ethlogs_devnet import GethNode
from tests.harness.backfilling import BackfillInThread, ThreadCluster, again, backfill_settings, run_here
from tests.harness.lying_node import LyingNode
from tests.harness.running import ENOUGH_SECONDS, build_settings, run, wait_until
from tests.harness.streams import Stream, assert_history_exactly_once, create_stream, read_topic

pytestmark = pytest.mark.services
FEW_SLOTS = 4
"""Of 32 that a new stream has: each costs a producer."""


@pytest.fixture(autouse=True)
def few_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "CREATED_PARTITIONS", 1 + FEW_SLOTS)


def test_history_is_filled_below_the_followed_part_and_a_second_call_finds_nothing(
    stream: Stream, geth: GethNode
) -> None:
    run(build_settings(stream, geth.url, start="20", blocks=5)).assert_done()
    settings = backfill_settings(stream, geth.url)
    first = run_here(settings).assert_done()
    assert (first.report["blocks"], first.report["range"]) == (20, {"first": 0, "last": 24})
    assert first.report["logs"] == 19 * 370
    second = run_here(again(settings)).assert_done()
    assert second.report["blocks"] == 0
    assert "nothing to do: no block from 0 to 24 is missing" in second.notices
    assert_history_exactly_once(stream, geth.url, 0, 24)


def test_produce_begins_right_above_what_was_backfilled(stream: Stream, geth: GethNode) -> None:
    run_here(backfill_settings(stream, geth.url, first=3, to=12)).assert_done()
    run(build_settings(stream, geth.url, start="2", blocks=3)).assert_done()
    assert stream.heights() == [13, 14, 15]
    run_here(backfill_settings(stream, geth.url)).assert_done()
    assert_history_exactly_once(stream, geth.url, 0, 15)


def test_produce_refuses_a_chain_that_is_not_the_one_of_the_history_below(
    stream: Stream, geth: GethNode, own_geth: GethNode
) -> None:
    """Both nodes have the same genesis and other blocks above it."""
    run_here(backfill_settings(stream, geth.url, to=5)).assert_done()
    outcome = run(build_settings(stream, own_geth.url, blocks=1))
    outcome.assert_failed(BrokenChainError, "the backfilled block 5 is", hint="another node")
    assert stream.heights() == []


def test_produce_refuses_another_selection_than_that_of_the_history_below(
    stream: Stream, geth: GethNode
) -> None:
    run_here(backfill_settings(stream, geth.url, to=5)).assert_done()
    selection = SelectionSettings(addresses=("0x" + "a1" * 20,))
    outcome = run(dataclasses.replace(build_settings(stream, geth.url, blocks=1), selection=selection))
    outcome.assert_failed(SettingsError, "this stream selects every event log", hint="as when the stream")
    assert stream.heights() == []


def test_a_backfill_sees_that_the_first_followed_block_is_no_child_of_what_it_has_filled(
    stream: Stream, geth: GethNode, own_geth: GethNode
) -> None:
    """The follower begins once all is linked, and on another chain's node: history is not there yet."""
    tasks = ThreadCluster(1)

    def follow_before_the_first_piece(description: str) -> None:
        if description.startswith("slot") and not stream.heights():
            run(build_settings(stream, own_geth.url, blocks=1)).assert_done()

    tasks.before = follow_before_the_first_piece
    outcome = run_here(backfill_settings(stream, geth.url, to=5), tasks)
    outcome.assert_failed(BrokenChainError, "the followed block 6", "both are committed", hint="verify")
    assert outcome.report["exitStatus"] == 6


def test_of_two_backfills_the_newer_one_gives_way_unless_it_takes_over_and_then_the_older_ends_with_9(
    stream: Stream, geth: GethNode
) -> None:
    settings = backfill_settings(stream, geth.url, to=25)
    held, taken = ThreadCluster(1), threading.Event()

    def wait_before_the_first_piece(description: str) -> None:
        if description.startswith("slot"):
            taken.wait(60.0)

    held.before = wait_before_the_first_piece
    with BackfillInThread(settings, held) as older:
        wait_until(lambda: any(d.startswith("slot") for d in held.descriptions), "the older one is at work")
        run_here(again(settings, take_over=True)).assert_done()
        taken.set()
        older.wait().assert_failed(SupersededError, "has taken this stream", hint="two runs cannot write")
    assert_history_exactly_once(stream, geth.url, 0, 25)


def test_a_task_that_stood_still_before_its_commit_finds_the_work_done_by_another(
    stream: Stream, geth: GethNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What SIGSTOP does to an executor, on a thread: another task takes the slot in mid-transaction."""
    settings = backfill_settings(stream, geth.url, to=25)
    stands, goes_on = threading.Event(), threading.Event()
    commit, tasks = Transaction.commit, ThreadCluster(2)
    ends: list[TaskEnd] = []
    open_slots: list[list[str]] = []
    """The slots with an open transaction when the first one was lost, and when the next task began."""

    def stand_still_once(transaction: Transaction) -> None:
        if len(transaction._futures) > 10 and not stands.is_set():
            stands.set()
            goes_on.wait(60.0)
        commit(transaction)

    monkeypatch.setattr(Transaction, "commit", stand_still_once)
    run_task = tasks.run

    def lose_the_first(description: str, task: Callable[[], TaskEnd]) -> TaskEnd:
        if not description.startswith("slot") or stands.is_set():
            return run_task(description, task)
        threading.Thread(target=lambda: ends.append(run_task(description, task)), daemon=True).start()
        assert stands.wait(60.0)
        open_slots.append(find_open_slots(settings))
        tasks.before = lambda _description: open_slots.append(find_open_slots(settings))
        raise TaskLostError("the executor is lost")

    tasks.run = lose_the_first  # type: ignore[method-assign]
    run_here(settings, tasks).assert_done()
    goes_on.set()
    wait_until(lambda: ends, "the first task ends")
    assert ends[0].error is None
    assert len(open_slots[0]) == 1, "the one that stands still"
    assert open_slots[1] == [], "the driver has ended it before any executor has room"
    assert_history_exactly_once(stream, geth.url, 0, 25)


def find_open_slots(settings: RunSettings) -> list[str]:
    """The transactional ids of slots that have a transaction open."""
    with admin_client(settings.kafka) as client:
        described = client.describe_transactions(
            [settings.stream.slot_id(number) for number in range(FEW_SLOTS)]
        )
    return [name for name, transaction in described.items() if transaction.state == "Ongoing"]


def test_a_chain_that_does_not_close_commits_nothing(
    stream: Stream, geth: GethNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(build_settings(stream, geth.url, start="20", blocks=2)).assert_done()
    fetch = BlockSource.fetch_header

    def lie_about_19(source: BlockSource, height: int) -> Header:
        header = fetch(source, height)
        return dataclasses.replace(header, hash="0x" + "11" * 32) if height == 19 else header

    monkeypatch.setattr(BlockSource, "fetch_header", lie_about_19)
    outcome = run_here(backfill_settings(stream, geth.url))
    outcome.assert_failed(BrokenChainError, "is broken at block 20", hint="another node")
    assert outcome.report["exitStatus"] == 6
    committed = read_topic(stream.bootstrap, stream.ledger)
    assert {row.key for number, rows in committed.items() if number for row in rows} == {b"claim"}


def test_a_driver_is_killed_between_linking_and_filling_and_the_next_one_links_the_rest_alone(
    stream: Stream, geth: GethNode
) -> None:
    """A ledger of one slot and stretches of two blocks: blocks 0 to 7 are one hull, 8 to 15 the next."""
    create_stream(stream)
    settings = backfill_settings(stream, geth.url, to=23, part_blocks=8)
    driver = multiprocessing.get_context("spawn").Process(target=die_before_filling_block_8, args=(settings,))
    driver.start()
    driver.join(ENOUGH_SECONDS)
    assert driver.exitcode == -signal.SIGKILL
    asked: Counter[str] = Counter()

    def count(params: list[Any], result: Any) -> Any:
        asked[params[0]] += 1
        return result

    with LyingNode(geth.url) as counted:
        for method in ("eth_getBlockByNumber", "debug_getRawHeader"):
            counted.when(method, count)
        next_driver = again(backfill_settings(stream, counted.url, to=23), take_over=True)
        report = run_here(next_driver).assert_done().report
    assert (report["range"], report["blocks"]) == ({"first": 0, "last": 23}, 16)
    assert not [height for height in range(16, 24) if asked[hex(height)]]
    assert all(asked[hex(height)] for height in range(16))
    assert_history_exactly_once(stream, geth.url, 0, 23)


def die_before_filling_block_8(settings: RunSettings) -> None:
    """Backfill in hulls of 8 blocks until the second one is linked; for a process that only does this."""
    tasks = ThreadCluster(1)

    def kill(description: str) -> None:
        if description.startswith("slot 0: blocks 8 to"):
            os.kill(os.getpid(), signal.SIGKILL)

    tasks.before = kill
    with patch.object(plan, "STRETCH_BLOCKS", 2):
        run_here(settings, tasks)


def test_a_chain_without_a_finalized_block_needs_confirmations(stream: Stream, geth: GethNode) -> None:
    outcome = run_here(backfill_settings(stream, geth.url, confirmations=0))
    outcome.assert_failed(SettingsError, "has no finalized block", hint="--confirmations N")


def test_the_report_says_how_each_block_was_proven(stream: Stream, geth: GethNode) -> None:
    """The bytes of one block are not to be had, so it is proven by its receipts."""

    def without_block_3(params: list[Any], result: Any) -> Any:
        return None if params == [hex(3)] else result

    with LyingNode(geth.url) as node:
        node.when("debug_getRawBlock", without_block_3)
        outcome = run_here(backfill_settings(stream, node.url, to=7, proof="auto")).assert_done()
    assert outcome.report["proofs"] == {"block": 7, "receipts": 1}


def test_a_head_that_a_node_makes_up_ends_a_backfill_before_it_is_planned(
    stream: Stream, geth: GethNode
) -> None:
    with LyingNode(geth.url) as node:
        node.when("eth_blockNumber", lambda _params, _result: "0xffffffffff")
        outcome = run_here(backfill_settings(stream, node.url, patience=1.0))
    outcome.assert_failed(BlockNotFoundError, f"does not have block {(1 << 40) - 2}", hint="in sync")
    assert outcome.report["exitStatus"] == 6


def test_a_backfill_that_is_stopped_releases_its_slots_and_the_same_command_goes_on_at_once(
    stream: Stream, geth: GethNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hull_filler, "PIECE_BLOCKS", 5)
    settings, tasks = backfill_settings(stream, geth.url, to=19), ThreadCluster(1)
    with BackfillInThread(settings, tasks) as running:

        def stop_before_the_third_piece(_description: str) -> None:
            if sum(done.startswith("slot") for done in tasks.descriptions) == 3:
                running.stop()

        tasks.before = stop_before_the_third_piece
        stopped = running.wait()
    stopped.assert_failed(InterruptedRunError, "interrupted by the test", hint="the same command")
    second = run_here(again(settings)).assert_done()
    assert 0 < second.report["blocks"] <= 10
    assert stopped.report["blocks"] + second.report["blocks"] == 20
    assert not [notice for notice in second.notices if "watching" in notice]
    assert_history_exactly_once(stream, geth.url, 0, 19)
