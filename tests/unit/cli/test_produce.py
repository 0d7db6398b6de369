"""A dry run prints the spark-submit line and runs nothing."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from ethlogs.spark.submit import driver_script
from tests.unit.cli.calls import HIDDEN, KAFKA, NODE, Call
from tests.unit.fake_programs import write_java


def test_a_dry_run_prints_one_line_for_a_shell_and_runs_nothing(machine: Path, dry_run: Call) -> None:
    outcome = dry_run("--run-dir", "my runs", "--conf", "spark.a=b c", "--driver-memory", "2g")
    assert outcome.status == 0
    assert outcome.stdout.count("\n") == 1
    assert shlex.split(outcome.stdout) == [
        str(machine / "spark" / "bin" / "spark-submit"),
        *("--master", "local[*]"),
        *("--name", "ethlogs produce eth_eventlogs"),
        *("--driver-memory", "2g"),
        *("--conf", "spark.a=b c"),
        *("--conf", f"spark.pyspark.driver.python={sys.executable}"),
        *("--conf", f"spark.pyspark.python={sys.executable}"),
        *("--conf", "spark.ui.enabled=false"),
        *("--conf", "spark.ui.showConsoleProgress=false"),
        str(driver_script()),
        str(machine / "work" / "my runs" / "RUN"),
    ]
    assert not (machine / "was-run").exists()
    assert list((machine / "work").iterdir()) == []


def test_the_first_line_on_stderr_says_which_master_and_why(machine: Path, dry_run: Call) -> None:
    assert dry_run().stderr.splitlines()[:2] == [
        "master local[*]: set by --master, ETHLOGS_MASTER or ethlogs.toml",
        f"spark-submit {machine / 'spark' / 'bin' / 'spark-submit'} (Spark 4.0.0, Java 17)",
    ]


def test_quiet_is_quiet(dry_run: Call) -> None:
    assert dry_run("-q").stderr == ""


def test_no_secret_is_in_the_line_of_a_dry_run(dry_run: Call) -> None:
    outcome = dry_run(
        "--node-url", f"http://{HIDDEN}@geth", "--kafka-config", f"sasl.plain.password={HIDDEN}"
    )
    assert outcome.status == 0
    assert HIDDEN not in outcome.stdout + outcome.stderr


def test_runs_are_kept_in_the_users_state_folder(monkeypatch: pytest.MonkeyPatch, dry_run: Call) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert shlex.split(dry_run().stdout)[-1] == "/state/ethlogs/runs/RUN"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert shlex.split(dry_run().stdout)[-1] == "/home/ada/.local/state/ethlogs/runs/RUN"


def test_a_java_that_is_too_old_ends_it_before_anything_starts(machine: Path, call: Call) -> None:
    write_java(machine / "bin" / "java", 'openjdk version "11.0.20" 2023-07-18')
    outcome = call("produce", "--master", "local[*]", *NODE, *KAFKA)
    assert outcome.status == 3
    assert f"{machine / 'bin' / 'java'} is Java 11, and Spark 4.0.0 needs 17 or later" in outcome.stderr
    assert not (machine / "was-run").exists()


def test_a_range_that_ends_before_it_begins_is_refused_before_anything_is_looked_at(dry_run: Call) -> None:
    outcome = dry_run("--start", "9", "--to", "8")
    assert outcome.status == 2
    assert "--to is below --start" in outcome.stderr
    assert dry_run("--start", "8", "--to", "8").status == 0


def test_a_secret_that_spark_submit_gets_as_an_argument_is_warned_of_without_its_value(dry_run: Call) -> None:
    outcome = dry_run("--conf", f"spark.ssl.keyPassword={HIDDEN}", "--conf", "spark.a=b")
    assert outcome.stderr.count("may be a secret") == 1
    assert "--conf spark.ssl.keyPassword may be a secret" in outcome.stderr
    assert HIDDEN not in outcome.stderr
