"""One writer: the newest claim wins, and who lost the stream never comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SupersededError
from ethlogs_devnet import SMALL_PLAN, GethNode
from tests.harness.running import RunInProcess, RunInThread, build_settings, run, wait_until
from tests.harness.streams import Stream, assert_exactly_once

pytestmark = pytest.mark.services


def test_a_second_run_supersedes_the_first_which_names_it_and_never_comes_back(
    stream: Stream, own_geth: GethNode
) -> None:
    mine, other = (build_settings(stream, own_geth.url, blocks=20, start=start) for start in ("1", None))
    with RunInThread(mine) as first:
        wait_until(lambda: first.tip == 10, "the first run has all blocks that there are")
        with RunInThread(other) as second:
            wait_until(lambda: len(stream.claims()) == 2, "the second run has claimed the stream")
            own_geth.commit_block(SMALL_PLAN)
            outcome = first.wait().assert_failed(SupersededError, other.run, hint="two runs cannot write")
            assert outcome.report["exitStatus"] == 9
            wait_until(lambda: second.tip == 11, "the second run goes on")

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
    mine, other = (build_settings(stream, own_geth.url, blocks=20, start=start) for start in ("1", None))
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
        with RunInThread(build_settings(stream, own_geth.url)) as second:
            wait_until(lambda: len(stream.claims()) == 2, "the second run has claimed the stream")
            own_geth.commit_block(SMALL_PLAN)
            assert first.wait() == 9
            own_geth.stop()
            assert first.start().wait() == 9
            own_geth.start()
            wait_until(lambda: second.tip == 11, "the second run goes on")
