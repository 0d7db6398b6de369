"""Runs on this machine are found by their stream, and asked to end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ethlogs.errors import SettingsError, SubmissionError
from ethlogs.run.folder import COMMAND, PROGRESS, REPORT, STOP, RunFolder
from ethlogs.submission.local_runs import WantedRuns, end_local_run, find_local_runs


def make_run(base: Path, *, topic: str = "logs", age_seconds: float = 0.0, job: str = "produce") -> RunFolder:
    folder = RunFolder.create(base)
    folder.write_json(COMMAND, {"job": job, "topic": topic, "bootstrapServers": "b:9092, A:9092"})
    folder.write_json(PROGRESS, {"at": time.time() - age_seconds})
    return folder


def test_a_run_is_found_by_its_stream_while_its_driver_writes(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    make_run(tmp_path, topic="others")
    make_run(tmp_path, job="smoketest")
    make_run(tmp_path, age_seconds=3600.0)
    make_run(tmp_path).write_json(REPORT, {"exitStatus": 0, "error": None, "hint": None})
    assert find_local_runs(tmp_path, WantedRuns("logs", None)) == [folder]
    assert find_local_runs(tmp_path, WantedRuns("logs", "a:9092,b:9092")) == [folder]
    assert find_local_runs(tmp_path, WantedRuns("logs", "c:9092")) == []


def test_of_a_follower_and_a_backfill_the_user_says_which_is_meant(tmp_path: Path) -> None:
    following, filling = make_run(tmp_path), make_run(tmp_path, job="backfill")
    assert find_local_runs(tmp_path, WantedRuns("logs", None, "produce")) == [following]
    assert find_local_runs(tmp_path, WantedRuns("logs", None, "backfill")) == [filling]
    with pytest.raises(SettingsError, match=r"more than one run: .+ \(produce\)|\(backfill\)") as caught:
        find_local_runs(tmp_path, WantedRuns("logs", None))
    assert caught.value.hint == "say which one: --job produce or --job backfill"
    filling.write_json(REPORT, {"exitStatus": 0, "error": None, "hint": None})
    assert find_local_runs(tmp_path, WantedRuns("logs", None)) == [following]


def test_a_machine_without_runs_has_none(tmp_path: Path) -> None:
    assert find_local_runs(tmp_path / "nothing", WantedRuns("logs", None)) == []


@pytest.mark.parametrize(("tip", "number"), [({"number": 7, "hash": "0x"}, 7), (None, None)])
def test_a_run_is_asked_to_end_and_waited_for(
    tip: dict[str, object] | None, number: int | None, tmp_path: Path
) -> None:
    folder = make_run(tmp_path)

    def pause(_seconds: float) -> None:
        assert folder.read_json(STOP) == {"signal": 15}
        folder.write_json(REPORT, {"exitStatus": 143, "error": None, "hint": None, "tip": tip})

    assert end_local_run(folder, 15, 60.0, pause) == number


def test_a_run_that_does_not_end_is_named_with_its_log(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    with pytest.raises(SubmissionError, match="has not ended within 0 seconds") as caught:
        end_local_run(folder, 15, 0.0)
    assert str(folder.log) in str(caught.value.hint)
