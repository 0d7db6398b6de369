"""``ethlogs produce`` as a user runs it: spark-submit, the driver, real services."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead
from tests.harness.commands import Command
from tests.harness.running import parse_report
from tests.harness.streams import Stream, assert_exactly_once

pytestmark = pytest.mark.services


@pytest.fixture
def live_geth(own_geth: GethNode) -> Iterator[GethNode]:
    """A node whose chain continues."""
    with LiveHead(own_geth, 0.3, SMALL_PLAN):
        yield own_geth


def test_twenty_blocks_equal_what_geth_itself_returns(stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    with Command(stream, geth.url, tmp_path, "--start", "1", "--blocks", "20", "--json") as command:
        assert command.wait() == 0, command.stderr
    report = parse_report(command.stdout)
    assert (report["firstBlock"], report["lastBlock"], report["blocks"]) == (1, 20, 20)
    assert report["logs"] == 20 * 370
    assert report["tip"] == {"number": 20, "hash": geth.block_hash(20)}
    assert report["exitStatus"] == 0
    assert command.stderr.startswith("master local[*]")
    assert "Traceback" not in command.stderr
    assert_exactly_once(stream, geth.url, 1, 20)


def test_a_driver_killed_in_mid_run_and_the_same_command_again(
    stream: Stream, live_geth: GethNode, tmp_path: Path
) -> None:
    (first_folder := tmp_path / "first").mkdir()
    (second_folder := tmp_path / "second").mkdir()
    with Command(stream, live_geth.url, first_folder, "--start", "1", "--to", "1000") as command:
        command.wait_for_tip(stream, 12)
        os.kill(command.driver_pid(), signal.SIGKILL)
        assert command.wait() == 8
        assert "the driver left no report" in command.stderr
        assert "the same command resumes" in command.stderr
    reached = stream.heights()[-1]
    with Command(stream, live_geth.url, second_folder, "--to", str(reached + 3)) as command:
        assert command.wait() == 0, command.stderr
        assert f"resuming at block {reached + 1}" in command.stderr
    assert_exactly_once(stream, live_geth.url, 1, reached + 3)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_an_interrupt_says_where_things_stand_and_leaves_nothing_half_written(
    stream: Stream, live_geth: GethNode, tmp_path: Path, number: signal.Signals
) -> None:
    with Command(stream, live_geth.url, tmp_path, "--start", "1", "--json") as command:
        command.wait_for_tip(stream, 12)
        driver = command.driver_pid()
        command.process.send_signal(number)
        assert command.wait() == 128 + number
    assert f"interrupted by {number.name}" in command.stderr
    assert "Traceback" not in command.stderr
    report = parse_report(command.stdout)
    heights = stream.heights()
    assert report["exitStatus"] == 128 + number
    assert report["lastBlock"] == heights[-1]
    assert not Path(f"/proc/{driver}").exists()
    assert_exactly_once(stream, live_geth.url, 1, heights[-1])


def test_a_dry_run_prints_the_line_and_runs_nothing(stream: Stream, geth: GethNode, tmp_path: Path) -> None:
    with Command(
        stream, geth.url.replace("//", "//u:hunter2@"), tmp_path, "--blocks", "2", "--dry-run"
    ) as command:
        assert command.wait() == 0, command.stderr
    (line,) = command.stdout.splitlines()
    assert "spark-submit --master 'local[*]'" in line
    assert stream.topic in line
    assert "hunter2" not in command.stdout + command.stderr
    assert not (tmp_path / "runs").exists()
    assert stream.is_untouched()
