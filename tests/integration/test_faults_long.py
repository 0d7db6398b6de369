"""The rarer faults: a disk that is full, three brokers one of which dies, a clock that jumps."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ethlogs_devnet import KafkaCluster
from tests.harness import faults
from tests.harness.faults.fault import Fault, System
from tests.harness.faults.of_the_machine import COORDINATOR, fill_disk_of_broker, fill_disk_of_run, move_clock
from tests.harness.faults.scenario import Played, open_kafka, play
from tests.harness.faults.stage import Kafka

pytestmark = [pytest.mark.services, pytest.mark.long]

DISK_MIB = 64
MOVED_CLOCK = Path(faults.__file__).with_name("moved_clock.c")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A separate file system that a test can fill."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def assert_nothing_lost(played: Played) -> None:
    assert played.verdict.is_proven, played.verdict


@pytest.mark.parametrize("reorg", [False, True], ids=["alone", "with a reorg"])
def test_the_transaction_coordinator_of_three_brokers_killed(tmp_path: Path, *, reorg: bool) -> None:
    with KafkaCluster(tmp_path / "cluster") as cluster:
        assert_nothing_lost(play(COORDINATOR, Kafka(cluster), tmp_path / "play", reorg=reorg))


def test_the_brokers_disk_full(tmp_path: Path, small_disk: Path) -> None:
    fault = Fault("the broker's disk full", System.KAFKA, partial(fill_disk_of_broker, small_disk))
    with open_kafka(small_disk) as kafka:
        assert_nothing_lost(play(fault, kafka, tmp_path / "play", reorg=True))


def test_the_disk_of_the_runs_folder_full(tmp_path: Path, small_disk: Path) -> None:
    fault = Fault("the run's disk full", System.DRIVER, partial(fill_disk_of_run, small_disk))
    with open_kafka(tmp_path) as kafka:
        assert_nothing_lost(play(fault, kafka, tmp_path / "play", reorg=True, runs=small_disk))


def test_the_drivers_clock_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    fault = Fault("the driver's clock moved", System.DRIVER, partial(move_clock, clock))
    library = build_moved_clock(tmp_path)
    with open_kafka(tmp_path) as kafka:
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("MOVED_CLOCK", str(clock))
        assert_nothing_lost(play(fault, kafka, tmp_path / "play", reorg=True))


def build_moved_clock(folder: Path) -> Path:
    """libfaketime would do, but time.sleep() of Python fails under it."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to build the moved clock with")
    library = folder / "moved_clock.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(MOVED_CLOCK), "-ldl"]
    subprocess.run(command, check=True)
    return library
