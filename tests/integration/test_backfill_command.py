"""``ethlogs backfill`` as a user runs it: spark-submit, executors, real services."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead
from tests.harness.commands import Command
from tests.harness.running import RunInThread, build_settings, parse_report, wait_until
from tests.harness.streams import Stream, assert_history_exactly_once

pytestmark = pytest.mark.services

BLOCKS = 200
"""More than six stretches, so that several slots work at once."""


@pytest.fixture
def history_geth(new_geth: GethNode) -> GethNode:
    """A node with :data:`BLOCKS` small blocks of the test's own."""
    for _ in range(BLOCKS):
        new_geth.commit_block(SMALL_PLAN)
    return new_geth


def test_history_is_filled_beside_a_follower_and_verify_finds_every_log_once(
    stream: Stream, history_geth: GethNode, tmp_path: Path
) -> None:
    url = history_geth.url
    with (
        LiveHead(history_geth, 0.5, SMALL_PLAN),
        RunInThread(build_settings(stream, url, start=str(BLOCKS - 10))) as follower,
    ):
        wait_until(lambda: follower.tip >= BLOCKS - 5, "the follower has some blocks")
        where = ("--confirmations", "5", "--conf", "spark.executor.memory=512m")
        with Command(
            stream, url, tmp_path / "backfill", "--master", "local[2]", *where, "--json", name="backfill"
        ) as command:
            assert command.wait() == 0, command.stderr
        report = parse_report(command.stdout)
        assert (report["blocks"], report["exitStatus"]) == (BLOCKS - 10, 0)
        assert "Traceback" not in command.stderr
        tip = follower.tip
        wait_until(lambda: follower.tip > tip, "the follower commits more blocks")
    last = stream.heights()[-1]
    assert_history_exactly_once(stream, url, 0, last)
    with Command(stream, url, tmp_path / "verify", name="verify") as command:
        assert command.wait() == 0, command.stderr + command.stdout
    heights = ("--from", str(BLOCKS - 15), "--to", str(BLOCKS - 8))
    with Command(stream, url, tmp_path / "part", *heights, name="verify") as command:
        assert command.wait() == 0, command.stderr + command.stdout
    assert f"blocks {BLOCKS - 15} to {BLOCKS - 8} are proven by receipts: 8 blocks" in command.stderr
