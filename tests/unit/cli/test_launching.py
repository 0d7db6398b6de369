"""A run with a fake spark-submit: what its driver reports is what the command says."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from ethlogs.submission.console import Outcome
from ethlogs.submission.run_note import RunNote
from tests.unit.cli.calls import KAFKA, NODE, Call, write_config
from tests.unit.cli.calls import Outcome as CallOutcome
from tests.unit.fake_programs import write_program


def run_that_reports(machine: Path, call: Call, report: str, *more: str) -> CallOutcome:
    script = (
        'for folder; do :; done; echo "the driver says this"\n'
        f"cat > \"$folder/report.json\" <<'END'\n{report}\nEND"
    )
    write_program(machine / "spark" / "bin" / "spark-submit", script)
    runs = str(machine / "runs")
    return call("smoketest", "--master", "local[*]", "--run-dir", runs, *NODE, *KAFKA, *more)


def smoketest_report(status: int, error: str = "null") -> str:
    return (
        f'{{"exitStatus": {status}, "verdict": "passed", "error": {error}, "hint": {error}, "run": "a-run",'
        ' "topic": "logs.smoketest", "proof": "receipts", "block": null, "logs": 0, "bytes": 0,'
        ' "metrics": {}, "seconds": {}}'
    )


@pytest.mark.parametrize("status", [0, 5, 6, 7, 9, 10, 11, 130])
def test_the_status_of_the_drivers_report_is_the_commands(machine: Path, call: Call, status: int) -> None:
    error = '"it is so"' if status else "null"
    outcome = run_that_reports(machine, call, smoketest_report(status, error))
    assert outcome.status == status
    assert outcome.stdout.endswith(f"exit status                     {status}\n")
    assert ("it is so\nwhat to do: it is so\n" in outcome.stderr) == bool(status)
    is_error = status not in (0, 130)
    assert ("error: it is so\n" in outcome.stderr) is is_error, "what the user ends is not an error"


def test_json_is_the_report_itself(machine: Path, call: Call) -> None:
    outcome = run_that_reports(machine, call, smoketest_report(0), "--json", "-q")
    assert outcome.stdout.startswith('{\n  "exitStatus": 0,')
    assert outcome.stderr == ""


def test_with_json_a_run_that_is_not_waited_for_is_an_object_too(
    machine: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = RunNote("a-run", "produce", "logs", "kafka:9092", "application_1_0001")
    outcome = Outcome(text="application_1_0001", started=note)
    monkeypatch.setattr("ethlogs.cli.running.launch", lambda *_: outcome)
    assert call("produce", "--detach", *NODE, *KAFKA).stdout == "application_1_0001\n"
    shown = call("produce", "--detach", "--json", *NODE, *KAFKA).stdout
    assert json.loads(shown) == {"run": "a-run", "application": "application_1_0001"}


def test_a_defect_comes_with_the_drivers_last_lines(machine: Path, call: Call) -> None:
    outcome = run_that_reports(machine, call, smoketest_report(1, '"a defect"'))
    assert outcome.status == 1
    assert "    the driver says this\n" in outcome.stderr


def test_a_driver_that_dies_is_a_failed_submission(machine: Path, call: Call) -> None:
    write_program(machine / "spark" / "bin" / "spark-submit", "echo 'no space left' >&2; exit 1")
    outcome = call("produce", "--master", "local[*]", "--run-dir", str(machine / "runs"), *NODE, *KAFKA)
    assert outcome.status == 8
    assert "    no space left\n" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_run_that_is_done_without_a_report_says_so(machine: Path, call: Call) -> None:
    write_program(machine / "spark" / "bin" / "spark-submit", "exit 0")
    outcome = call("produce", "--master", "local[*]", "--run-dir", str(machine / "runs"), *NODE, *KAFKA)
    assert outcome.status == 0
    assert "the driver ended as asked, but its report could not be written" in outcome.stdout


def test_a_dry_run_says_what_a_run_would_do_and_by_which_file(machine: Path, call: Call) -> None:
    write_config("topic = 'logs'")
    outcome = call("produce", "--dry-run", "--master", "local[*]", "--blocks", "20", *NODE, *KAFKA)
    assert outcome.status == 0
    assert f"config file {Path.cwd() / 'ethlogs.toml'}\n" in outcome.stderr
    assert "stream logs, ledger logs.ledger, on kafka:9092\nnode http://geth:8545\n" in outcome.stderr
    assert "blocks: 20 blocks; a new stream begins at latest, an existing one resumes" in outcome.stderr


@pytest.mark.parametrize("master", ["local[*]", "yarn"])
def test_a_dry_run_with_json_prints_the_line_as_one_document(machine: Path, call: Call, master: str) -> None:
    flags = ("produce", "--dry-run", "--master", master, *NODE, *KAFKA)
    (command,) = json.loads(call(*flags, "--json").stdout).values()
    assert command[0] == str(machine / "spark" / "bin" / "spark-submit")
    assert call(*flags).stdout == f"{shlex.join(command)}\n"


LIVY = ("--livy-url", "http://ada:geheim@livy:8998")


def test_a_dry_run_through_livy_shows_the_request(machine: Path, call: Call) -> None:
    outcome = call("produce", "--dry-run", "--master", "yarn", "--queue", "q", *LIVY, *NODE, *KAFKA)
    assert outcome.status == 0, outcome.stderr
    batch = json.loads(outcome.stdout)
    assert batch["name"] == "ethlogs produce eth_eventlogs RUN"
    assert batch["file"] == ".ethlogs/runs/RUN/files/ethlogs_driver.py"
    assert batch["pyFiles"] == [".ethlogs/runs/RUN/files/ethlogs.zip"]
    assert batch["queue"] == "q"
    assert "geheim" not in outcome.stdout + outcome.stderr
    again = call("produce", "--dry-run", "--master", "yarn", "--queue", "q", *LIVY, *NODE, *KAFKA, "--json")
    assert json.loads(again.stdout) == {"livyBatch": batch}


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_run_on_this_machine_does_not_go_through_livy(
    machine: Path, call: Call, more: tuple[str, ...]
) -> None:
    outcome = call("produce", "--master", "local[*]", *LIVY, *more, *NODE, *KAFKA)
    assert outcome.status == 3
    assert "--livy-url submits to YARN, and the master is local[*]" in outcome.stderr
    assert "give --master yarn and HADOOP_CONF_DIR" in outcome.stderr


def test_a_wrong_url_of_livy_is_refused_before_anything_is_done(machine: Path, call: Call) -> None:
    outcome = call("produce", "--dry-run", "--master", "yarn", "--livy-url", "livy", *NODE, *KAFKA)
    assert outcome.status == 3
    assert "is not a URL of the form http(s)://HOST:PORT" in outcome.stderr
