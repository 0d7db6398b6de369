"""Settings and keys of a run whose command was killed do not stay on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ethlogs.run.command import note_command
from ethlogs.run.folder import COMMAND, LOG, PROGRESS, SETTINGS, RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, to_json
from ethlogs.submission.left_here import find_left_here, remove_left_here

SECRET = (("sasl.plain.password", "hunter2"),)
RUN = RunSettings("a-run", "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092", SECRET))
# What run_locally does before spark-submit is started; then it is killed.
KILLED = """
import sys, time
from pathlib import Path
from ethlogs.run.folder import RunFolder
from ethlogs.settings import RunSettings, from_json
from ethlogs.submission.local import _settings_for_driver
with _settings_for_driver(RunFolder(Path(sys.stdin.readline().strip())), from_json(RunSettings, sys.argv[1])):
    print("written", flush=True)
    time.sleep(600)
"""


def make_run(base: Path) -> RunFolder:
    folder = RunFolder.create(base)
    for name in (SETTINGS, "kafka.keytab", "settings.1.2.tmp", LOG, PROGRESS):
        folder.write(name, b"hunter2" if name not in (LOG, PROGRESS) else b"{}")
    return folder


def test_what_a_killed_command_has_left_goes_with_the_next_one(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, to_json(RUN).decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdin is not None
        assert command.stdout is not None
        # Not as an argument: that would name the folder, as a driver's command line does.
        command.stdin.write(f"{folder.path}\n")
        command.stdin.flush()
        assert command.stdout.readline() == "written\n"
        assert find_left_here(tmp_path) == []
        assert folder.settings_file.stat().st_mode & 0o777 == 0o600
        command.send_signal(signal.SIGKILL)
    assert b"hunter2" in folder.settings_file.read_bytes()
    assert remove_left_here(tmp_path) == [folder.run]
    assert [path.name for path in folder.path.iterdir()] == [COMMAND]
    assert remove_left_here(tmp_path) == []


def test_what_tells_of_the_run_stays(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    folder.write_json(COMMAND, {"pid": os.getpid(), "started": "of an earlier process"})
    assert remove_left_here(tmp_path) == [folder.run]
    assert {path.name for path in folder.path.iterdir()} == {LOG, PROGRESS, COMMAND}


@pytest.mark.parametrize("age_seconds", [0, 7200])
def test_a_folder_of_nobody_known_is_left_for_an_hour(age_seconds: int, tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    for path in folder.path.iterdir():
        os.utime(path, (time.time() - age_seconds,) * 2)
    assert bool(remove_left_here(tmp_path)) is (age_seconds > 0)


def test_a_run_of_another_machine_or_of_a_driver_that_still_runs_is_left(tmp_path: Path) -> None:
    elsewhere, running = make_run(tmp_path), make_run(tmp_path)
    note_command(elsewhere, RUN)
    note = elsewhere.read_json(COMMAND) or {}
    elsewhere.write_json(COMMAND, {**note, "host": "elsewhere", "started": "of an earlier process"})
    running.write_json(COMMAND, {**note, "started": "of an earlier process"})
    code = "import sys; print(flush=True); sys.stdin.read()"
    driver = [sys.executable, "-c", code, str(running.path)]
    with subprocess.Popen(driver, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # only a process that runs has its arguments in /proc
        assert remove_left_here(tmp_path) == []
    assert remove_left_here(tmp_path) == [running.run]


@pytest.mark.parametrize("name", ["photos", "20261127", "20261127-114151-45bfc2-copy"])
def test_another_folder_beside_the_runs_is_left_alone(tmp_path: Path, name: str) -> None:
    """--run-dir may be a folder in which a user keeps other things."""
    other = tmp_path / name
    other.mkdir()
    (other / "cat.jpg").write_bytes(b"cat")
    os.utime(other / "cat.jpg", (0, 0))
    linked = tmp_path / "runs" / "20261127-114151-45bfc2"
    linked.parent.mkdir()
    linked.symlink_to(other)
    assert remove_left_here(tmp_path) == remove_left_here(linked.parent) == []
    assert (other / "cat.jpg").exists()
