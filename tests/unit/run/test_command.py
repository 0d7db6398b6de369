"""Whether the command that started a run is still there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ethlogs.run.command import is_command_gone, note_command
from ethlogs.run.folder import COMMAND, RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, StreamSettings

SECRET = ("sasl.plain.password", "hunter2")
SETTINGS = RunSettings(
    run="a-run",
    job="produce",
    node=NodeSettings(("http://geth:8545",)),
    kafka=KafkaSettings("kafka:9092", (SECRET,)),
    stream=StreamSettings("logs"),
)


def test_this_process_is_there_and_its_note_has_no_secret(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    note_command(folder, SETTINGS)
    assert not is_command_gone(folder.read_json(COMMAND))
    assert b"hunter2" not in (folder.read(COMMAND) or b"")


def test_a_process_that_has_ended_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert is_command_gone({"pid": process.pid, "started": "1"})


def test_another_process_with_the_same_number_is_another_command() -> None:
    assert is_command_gone({"pid": os.getpid(), "started": "1"})


def test_a_run_without_a_note_goes_by_its_parent_alone() -> None:
    assert not is_command_gone(None)
