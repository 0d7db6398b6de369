"""The list of commands: quick to show, and true to the commands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ethlogs.cli.lazy import COMMANDS as ENTRIES
from tests.unit.cli.calls import COMMANDS

SLOW = ("kafka", "web3", "pyspark", "py4j", "rich", "requests", "gssapi")


@pytest.mark.parametrize("name", ENTRIES)
def test_the_summary_of_a_command_is_the_first_sentence_of_its_help(name: str) -> None:
    assert ENTRIES[name].summary == (COMMANDS[name].help or "").split("\n\n")[0].strip()


def test_the_groups_help_loads_no_client_of_any_service() -> None:
    program = """
import sys
from ethlogs.cli.main import _run
_run(["--help"], False)
print(*sys.modules, file=sys.stderr)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("Usage: ethlogs ")
    loaded = {name.split(".")[0] for name in ended.stderr.split()}
    assert "click" in loaded
    assert loaded.isdisjoint(SLOW)


@pytest.mark.parametrize("name", ["logs", "transactions", "pack", "stop", "tail"])
def test_a_command_that_needs_neither_web3_nor_spark_loads_neither(name: str) -> None:
    program = f"""
import sys
from ethlogs.cli.main import _run
_run(["{name}", "--help"], False)
print(*sys.modules, file=sys.stderr)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in ended.stderr.split()}
    assert loaded.isdisjoint({"web3", "pyspark"})
