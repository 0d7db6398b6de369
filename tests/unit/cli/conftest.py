"""A command line to call, on a machine with a fake Java and a fake Spark."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.cli.main import _run
from tests.unit.cli.calls import KAFKA, NODE, Call, Outcome
from tests.unit.fake_programs import write_java, write_spark


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Run a command line as a shell would; returns its exit status and output."""

    def run(*arguments: str, verbose: bool = False) -> Outcome:
        status = _run([*arguments], verbose)
        return Outcome(int(status), *capfd.readouterr())

    return run


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with a fake Java 17 and a fake Spark 4, which leaves a trace when it is run."""
    write_java(tmp_path / "bin" / "java")
    write_spark(tmp_path / "spark", script=f"touch {tmp_path}/was-run")
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "spark"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


@pytest.fixture
def dry_run(machine: Path, call: Call) -> Call:
    """A dry run on that machine, with a node, a broker and a master."""
    return lambda *more: call("produce", "--dry-run", "--master", "local[*]", *NODE, *KAFKA, *more)
