"""The command lines of Kafka's programs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ethlogs_devnet.kafka.runtime import KafkaFiles, KafkaRuntime

RUNTIME = KafkaRuntime("java", [Path("kafka.jar")])


def temporary_folder(command: list[str]) -> Path:
    (option,) = (word for word in command if word.startswith("-Djava.io.tmpdir="))
    return Path(option.partition("=")[2])


def test_a_brokers_temporary_files_are_below_its_own_folder(tmp_path: Path) -> None:
    files = KafkaFiles(tmp_path / "kafka")
    files.write({})
    folder = temporary_folder(RUNTIME.broker_command(files))
    assert folder.is_dir()
    assert folder.is_relative_to(files.folder)


def test_neither_program_keeps_its_counters_in_a_folder_of_the_whole_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = KafkaFiles(tmp_path)
    commands = [RUNTIME.broker_command(files)]

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        """Kafka's formatter, of which the command line alone matters here."""
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    RUNTIME.format(files)
    assert all("-XX:+PerfDisableSharedMem" in command for command in commands)
    assert {temporary_folder(command) for command in commands} == {files.scratch}
