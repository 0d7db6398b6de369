"""Processes of a folder's containers are ended, and no others."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from ethlogs_devnet.hadoop import containers
from ethlogs_devnet.hadoop.containers import end_containers, find_containers


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A process like a container's: in its own session, its environment naming its folder."""
    environment = {"LOCAL_DIRS": f"{folder}/usercache/somebody/appcache/application_1_1"}
    process = subprocess.Popen(["/bin/sleep", "3600"], env=environment, start_new_session=True)
    # Popen returns when exec has begun; for a moment more /proc may show neither the old nor the new.
    while not Path(f"/proc/{process.pid}/environ").read_bytes():
        time.sleep(0.01)
    return process


def test_only_the_folders_own_processes_are_ended(tmp_path: Path) -> None:
    with start(tmp_path / "a") as own, start(tmp_path / "ab") as foreign:
        try:
            assert find_containers(tmp_path / "a") == [own.pid]
            end_containers(tmp_path / "a")
            assert own.wait(60) == -9
            assert foreign.poll() is None
        finally:
            own.kill()
            foreign.kill()


def test_containers_end_with_the_process_that_is_watched(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "3600"]) as watched, start(tmp_path) as container:
        line = [sys.executable, "-I", "-S", containers.__file__, str(watched.pid), str(tmp_path)]
        with subprocess.Popen(line) as watcher:
            try:
                watched.kill()
                watched.wait(60)
                assert watcher.wait(60) == 0
                assert container.wait(60) == -9
            finally:
                container.kill()
                watcher.kill()
