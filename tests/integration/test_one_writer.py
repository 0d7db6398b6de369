"""One writer: the newest claim wins, and who lost the stream never comes back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ethlogs.errors import SupersededError
from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead
from tests.harness.running import (
    RunInProcess,
    RunInThread,
    another_run,
    build_settings,
    run,
    wait_until,
)
from tests.harness.streams import Stream, assert_exactly_once

pytestmark = pytest.mark.services


def test_a_second_run_supersedes_the_first_which_names_it_and_never_comes_back(
    stream: Stream, own_geth: GethNode
) -> None:
    mine = build_settings(stream, own_geth.url, blocks=20, start="1")
    other = another_run(mine, take_over=True, blocks=20)
    with RunInThread(mine) as first:
        wait_until(lambda: first.tip == 10, "the first run has all blocks that there are")
        with RunInThread(other) as second:
            wait_until(lambda: len(stream.claims()) == 2, "the second run has claimed the stream")
            own_geth.commit_block(SMALL_PLAN)
            outcome = first.wait().assert_failed(SupersededError, other.run, hint="two runs cannot write")
            assert outcome.report["exitStatus"] == 9
            wait_until(lambda: second.tip == 11, "the second run continues")

            claims = len(stream.claims())
            again = run(mine, 2, first.snapshot)
            again.assert_failed(SupersededError, other.run, hint="two runs cannot write")
            assert again.report["blocks"] == 0
            assert len(stream.claims()) == claims
            own_geth.commit_block(SMALL_PLAN)
            wait_until(lambda: second.tip == 12, "the second run was not disturbed")
    assert_exactly_once(stream, own_geth.url, 1, 12)


def test_a_run_that_was_killed_before_it_was_superseded_does_not_come_back_either(
    stream: Stream, own_geth: GethNode, tmp_path: Path
) -> None:
    mine = build_settings(stream, own_geth.url, blocks=20, start="1")
    other = another_run(mine, take_over=True, blocks=20)
    with RunInProcess(mine, tmp_path) as first:
        first.start()
        first.wait_for(lambda progress: progress["tip"] == 10, "the first run has all blocks")
        first.kill()
        with RunInThread(other) as second:
            wait_until(lambda: len(stream.claims()) == 2, "the second run has claimed the stream")
            assert first.start(2).wait() == 9
            assert other.run in first.report["error"]
            own_geth.commit_block(SMALL_PLAN)
            wait_until(lambda: second.tip == 11, "the second run was not disturbed")
    assert_exactly_once(stream, own_geth.url, 1, 11)


def test_an_attempt_after_the_verdict_ends_with_it_without_asking_anybody(
    stream: Stream, own_geth: GethNode, tmp_path: Path
) -> None:
    mine = build_settings(stream, own_geth.url, start="1", blocks=20)
    with RunInProcess(mine, tmp_path) as first:
        first.start()
        first.wait_for(lambda progress: progress["tip"] == 10, "the first run has all blocks")
        run(build_settings(stream, own_geth.url, to=10)).assert_done()
        assert first.is_running, "a run with nothing to do must not take the stream"
        with RunInThread(another_run(mine, take_over=True)) as second:
            wait_until(lambda: len(stream.claims()) == 2, "the second run has claimed the stream")
            own_geth.commit_block(SMALL_PLAN)
            assert first.wait() == 9
            own_geth.stop()
            assert first.start().wait() == 9
            own_geth.start()
            wait_until(lambda: second.tip == 11, "the second run continues")


def test_a_run_that_still_commits_keeps_its_stream_from_a_second_one(
    stream: Stream, own_geth: GethNode
) -> None:
    mine = build_settings(stream, own_geth.url, start="1")
    with LiveHead(own_geth, 0.5, SMALL_PLAN), RunInThread(mine) as first:
        wait_until(lambda: first.tip >= 10, "the first run follows")
        refused = run(another_run(mine))
        refused.assert_failed(SupersededError, f"run {mine.run} follows this stream", hint="--replace")
        assert first.is_running
        assert len(stream.claims()) == 1
        first.stop()
        first.wait()
    last = stream.heights()[-1]
    own_geth.commit_block(SMALL_PLAN)
    after = run(another_run(mine, blocks=1)).assert_done()
    assert "watching" not in after.told, "a run that was ended on purpose has released its claim"
    assert_exactly_once(stream, own_geth.url, 1, last + 1)


def test_a_run_that_waits_for_its_next_block_keeps_its_stream_from_a_second_one(
    stream: Stream, own_geth: GethNode
) -> None:
    mine = build_settings(stream, own_geth.url, start="1")
    with RunInThread(mine) as first:
        wait_until(lambda: first.tip == 10, "the first run has all blocks that there are")
        refused = run(another_run(mine))
        refused.assert_failed(SupersededError, f"run {mine.run} follows this stream", hint="--replace")
        assert len(stream.claims()) == 1
        own_geth.commit_block(SMALL_PLAN)
        wait_until(lambda: first.tip == 11, "the first run continues")
    assert_exactly_once(stream, own_geth.url, 1, 11)


def test_a_run_that_was_killed_is_watched_and_then_taken_over(
    stream: Stream, own_geth: GethNode, tmp_path: Path
) -> None:
    mine = build_settings(stream, own_geth.url, start="1")
    with RunInProcess(mine, tmp_path) as first:
        first.start()
        first.wait_for(lambda progress: progress["tip"] == 10, "the first run has all blocks")
        first.kill()
    own_geth.commit_block(SMALL_PLAN)
    after = run(another_run(mine, blocks=1)).assert_done()
    assert f"run {mine.run} has committed nothing for 30 seconds; taking the stream over" in after.told
    assert_exactly_once(stream, own_geth.url, 1, 11)


def test_a_zombie_attempt_ends_with_9_and_its_successor_goes_on(
    stream: Stream, own_geth: GethNode, tmp_path: Path
) -> None:
    mine = build_settings(stream, own_geth.url, start="1", blocks=14)
    with RunInProcess(mine, tmp_path) as run_of_both:
        run_of_both.start(1)
        run_of_both.wait_for(lambda progress: progress["tip"] == 10, "attempt 1 has all blocks")
        zombie = run_of_both.process
        os.kill(zombie.pid, signal.SIGSTOP)
        run_of_both.start(2)
        own_geth.commit_block(SMALL_PLAN)
        run_of_both.wait_for(lambda progress: progress["tip"] == 11, "attempt 2 continues", attempt=2)
        os.kill(zombie.pid, signal.SIGCONT)
        own_geth.commit_block(SMALL_PLAN)
        assert zombie.wait(60) == 9
        run_of_both.wait_for(lambda progress: progress["tip"] == 12, "attempt 2 was not disturbed", attempt=2)
        for _ in range(2):
            own_geth.commit_block(SMALL_PLAN)
        assert run_of_both.wait() == 0
        assert (run_of_both.report["attempt"], run_of_both.report["exitStatus"]) == (2, 0)
    assert [claim.json["attempt"] for claim in stream.claims()][-1] == 2
    assert_exactly_once(stream, own_geth.url, 1, 14)
