"""``ethlogs produce`` as a user runs it: spark-submit, the driver, real services."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ethlogs_devnet import SMALL_PLAN, GethNode, LiveHead

from .running import ENOUGH_SECONDS, parse_report, wait_until
from .streams import Stream, assert_exactly_once

pytestmark = pytest.mark.services


class Command:
    """An ``ethlogs produce`` whose settings are in the environment, with its output."""

    def __init__(self, stream: Stream, node_url: str, folder: Path, *flags: str) -> None:
        self._folder = folder
        self._out, self._err = folder / "out", folder / "err"
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ETHLOGS_")},
            "ETHLOGS_NODE_URL": node_url,
            "ETHLOGS_BOOTSTRAP_SERVER": stream.bootstrap,
            "ETHLOGS_TOPIC": stream.topic,
            "ETHLOGS_CREATE_TOPICS": "true",
            "ETHLOGS_PARTITIONS": "3",
            "ETHLOGS_MASTER": "local[*]",
            "ETHLOGS_RUN_DIR": str(folder / "runs"),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [str(ETHLOGS), "produce", *flags],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                cwd=folder,
            )

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def stdout(self) -> str:
        return self._out.read_text()

    @property
    def stderr(self) -> str:
        return self._err.read_text()

    def wait(self) -> int:
        return self.process.wait(ENOUGH_SECONDS)

    def wait_for_tip(self, stream: Stream, height: int) -> None:
        """Wait until a block is committed; fail where the command ends before."""

        def committed() -> bool:
            assert self.process.poll() is None, self.stderr
            heights = stream.heights()
            return bool(heights) and heights[-1] >= height

        wait_until(committed, f"block {height} is on Kafka", ENOUGH_SECONDS)

    def driver_pid(self) -> int:
        """The driver's Python: the one process that has the run's folder as its last argument."""
        (folder,) = (self._folder / "runs").iterdir()
        pids = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and _arguments(entry)[-1:] == [str(folder)]
            and Path(_arguments(entry)[0]).name.startswith("python")
        ]  # fmt: skip
        assert len(pids) == 1, pids
        return pids[0]


ETHLOGS = Path(sys.executable).with_name("ethlogs")


def _arguments(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1] or [""]
    except OSError:
        return [""]


@pytest.fixture
def live_geth(own_geth: GethNode) -> Iterator[GethNode]:
    """A node whose chain goes on."""
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
        assert "the same command goes on" in command.stderr
    reached = stream.heights()[-1]
    with Command(stream, live_geth.url, second_folder, "--to", str(reached + 3)) as command:
        assert command.wait() == 0, command.stderr
        assert f"goes on at block {reached + 1}" in command.stderr
    assert_exactly_once(stream, live_geth.url, 1, reached + 3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
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
