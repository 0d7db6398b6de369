"""A machine with a fake Java and a fake Spark: a real driver cannot be made to end in these ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake_programs import write_java, write_program, write_spark

UP = '{"attempt": 1, "at": 1, "notices": [{"number": 1, "text": "the driver is up"}]}'
FOR_FOLDER = f'for folder; do :; done; echo "the driver says this"; echo \'{UP}\' > "$folder/progress.json"\n'


class Machine:
    """This machine, and the settings of a run on it."""

    def __init__(self, folder: Path) -> None:
        self.runs = folder / "runs"
        self._submit = folder / "spark" / "bin" / "spark-submit"
        self.settings: dict[str, Any] = {
            "master": "local[*]",
            "node_url": "http://geth.invalid:8545",
            "bootstrap_server": "kafka.invalid:9092",
            "topic": "logs",
            "run_dir": str(self.runs),
        }

    def drive(self, script: str) -> None:
        """Let the driver be a shell script, which has its run's folder as ``$folder``."""
        write_program(self._submit, FOR_FOLDER + script)

    def report(self, status: int, error: str | None = None) -> None:
        """Let the driver report and end."""
        text = "null" if error is None else f'"{error}"'
        self.drive(
            f'echo \'{{"exitStatus": {status}, "error": {text}, "hint": {text}}}\' > "$folder/report.json"'
        )

    def wait_to_be_stopped(self) -> None:
        """Let the driver run until it is asked to stop."""
        self.drive(
            'while [ ! -e "$folder/stop.json" ]; do sleep 0.05; done\n'
            'echo \'{"exitStatus": 143, "error": "interrupted by SIGTERM", "hint": "resume"}\''
            ' > "$folder/report.json"'
        )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    write_java(tmp_path / "bin" / "java")
    write_spark(tmp_path / "spark")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "spark"))
    return Machine(tmp_path)
