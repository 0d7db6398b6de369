"""A run is started, watched, found again and stopped from Python."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ethlogs
from ethlogs.errors import (
    DeliveryError,
    NodeError,
    OutcomeUnknownError,
    SettingsError,
    SubmissionError,
    UsageError,
)
from ethlogs.run.folder import COMMAND, LOG, NOTE, PROGRESS, REPORT, RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, StreamSettings
from ethlogs.submission.run_note import note_run
from tests.harness.running import wait_until
from tests.unit.notebook.conftest import Machine


def test_a_run_that_does_its_blocks_is_done(machine: Machine) -> None:
    machine.report(0)
    run = ethlogs.submit("produce", blocks=20, **machine.settings)
    assert run.wait() == "done"
    assert (run.state, run.job, run.topic, run.application) == ("done", "produce", "logs", None)
    assert run.report == {"exitStatus": 0, "error": None, "hint": None}
    assert run.notices == ["the driver is up"]
    assert "the driver says this" in run.log()


def test_a_run_that_fails_raises_the_commands_error_with_its_hint(machine: Machine) -> None:
    machine.report(6, "the node is away")
    run = ethlogs.submit("produce", **machine.settings)
    with pytest.raises(NodeError, match=r"^the node is away$") as caught:
        run.wait()
    assert caught.value.hint == "the node is away"
    assert run.state == "failed"


def test_a_driver_without_a_report_fails_with_its_last_lines(machine: Machine) -> None:
    machine.drive("echo no space left; exit 1")
    run = ethlogs.submit("smoketest", **machine.settings)
    with pytest.raises(SubmissionError, match=r"left no report; its last lines:\n(.*\n)*    no space left"):
        run.wait()


def test_a_run_that_is_stopped_is_stopped_and_did_not_fail(machine: Machine) -> None:
    machine.wait_to_be_stopped()
    run = ethlogs.submit("produce", **machine.settings)
    assert run.wait(timeout=0) in ("starting", "running")
    assert run.stop() == "stopped"
    assert run.wait() == "stopped"


def test_an_interrupted_wait_leaves_the_run_alone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.wait_to_be_stopped()
    run = ethlogs.submit("produce", **machine.settings)

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("ethlogs.notebook.run.time.sleep", interrupt)
        run.wait()
    assert run.state in ("starting", "running")
    assert ethlogs.attach(run.id, run_dir=str(machine.runs)).stop() == "stopped"


def test_a_run_outlives_the_process_that_started_it_and_is_found_again(machine: Machine) -> None:
    machine.wait_to_be_stopped()
    script = f"import ethlogs; print(ethlogs.submit('produce', **{machine.settings!r}).id)"
    started = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    run = ethlogs.attach(started.stdout.strip(), run_dir=str(machine.runs))
    assert run.state in ("starting", "running")
    assert [one.id for one in ethlogs.runs(run_dir=str(machine.runs))] == [run.id]
    assert run.stop() == "stopped"


def test_nothing_secret_stays_when_the_run_has_ended(machine: Machine) -> None:
    machine.report(0)
    client = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.plain.username": "u",
        "sasl.plain.password": "hunter2",
    }
    secret = {"kafka_config": client}
    run = ethlogs.submit("produce", **secret, **machine.settings)
    run.wait()
    folder = machine.runs / run.id
    command = RunFolder(folder).read_json(COMMAND)
    assert command is not None
    wait_until(lambda: not Path(f"/proc/{command['pid']}").exists(), "the keeper has ended")
    assert {path.name for path in folder.iterdir()} == {LOG, PROGRESS, REPORT, COMMAND, NOTE}
    assert [path for path in folder.iterdir() if "hunter2" in path.read_text()] == []


def test_a_run_whose_processes_are_gone_failed_and_is_not_waited_for(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    settings = RunSettings(
        folder.run, "produce", NodeSettings(("http://geth",)), KafkaSettings("kafka:9092"), StreamSettings()
    )
    note_run(folder, settings)
    folder.write_json(COMMAND, {"pid": 2**22 + 1, "started": "1"})
    folder.write_json(PROGRESS, {"at": 1.0, "notices": [{"number": 1, "text": "up"}]})
    with pytest.raises(SubmissionError, match="its processes are gone"):
        ethlogs.attach(folder.run, run_dir=str(tmp_path)).wait()


def test_an_unknown_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"there is no run a-run in {tmp_path}") as caught:
        ethlogs.attach("a-run", run_dir=str(tmp_path))
    assert "HADOOP_CONF_DIR" in (caught.value.hint or "")


def test_what_cannot_be_started_is_refused_as_the_command_refuses_it(machine: Machine) -> None:
    with pytest.raises(SettingsError, match="'follow' is not a job"):
        ethlogs.submit("follow", **machine.settings)
    with pytest.raises(UsageError, match="--blocks and --to exclude each other"):
        ethlogs.submit("produce", blocks=1, to=2, **machine.settings)
    with pytest.raises(SettingsError, match="no node is given"):
        ethlogs.submit("produce", **{**machine.settings, "node_url": None})
    assert ethlogs.runs(run_dir=str(machine.runs)) == []


def test_the_repr_names_the_run_without_another_look(machine: Machine) -> None:
    machine.report(7, "Kafka is away")
    run = ethlogs.submit("produce", **machine.settings)
    with pytest.raises(DeliveryError):
        run.wait()
    assert repr(run) == f"<Run {run.id}: produce of logs, on this machine, failed>"
    assert "Kafka is away" in run._repr_html_()


@pytest.mark.parametrize("run_id", ["", "..", "a/../b", "a\0b", "\n", "x" * 300, 5, None])
def test_what_cannot_be_an_id_is_refused(tmp_path: Path, run_id: Any) -> None:
    with pytest.raises(SettingsError, match="is not the id of a run") as caught:
        ethlogs.attach(run_id, run_dir=str(tmp_path))
    assert "ethlogs.runs()" in (caught.value.hint or "")


def test_a_run_whose_folder_was_removed_has_an_unknown_outcome(machine: Machine) -> None:
    machine.wait_to_be_stopped()
    run = ethlogs.submit("produce", **machine.settings)
    assert run.stop() == "stopped"
    again = ethlogs.attach(run.id, run_dir=str(machine.runs))
    shutil.rmtree(machine.runs / run.id)
    assert again.state == "failed"
    with pytest.raises(
        OutcomeUnknownError, match=r"its folder \S+ was removed, as ethlogs clean does"
    ) as caught:
        again.wait()
    assert "ethlogs status" in (caught.value.hint or "")
    assert (again.progress, again.report, again.log()) == (None, None, "")
    assert "was removed" in again._repr_html_()
    assert run.state == "stopped", "it was seen before"
