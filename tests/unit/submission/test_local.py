"""Running a driver, with a fake spark-submit: a real one cannot be made to fail in these ways."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ethlogs.errors import DeadlineError, InterruptedRunError, SubmissionError
from ethlogs.run.folder import SETTINGS as SETTINGS_FILE
from ethlogs.run.folder import STOP, RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, from_json
from ethlogs.submission import local as submission
from ethlogs.submission.local import last_lines, run_locally
from tests.unit.fake_programs import write_program

HIDDEN = "hunter2"
SETTINGS = RunSettings(
    "a-run",
    "produce",
    NodeSettings((f"http://user:{HIDDEN}@geth",)),
    KafkaSettings("kafka:9092", (("sasl.plain.password", HIDDEN),)),
)
UP = '{"notices": [{"number": 1, "text": "the driver is up"}]}'
DONE = '{"exitStatus": 0, "error": null, "hint": null}'
# Only a kill ends it; its parts are short, so that nothing of it outlives it for long.
ENDLESS = f"""
trap '' TERM INT; echo '{UP}' > "$1/progress.json"
while :; do sleep 0.05; done
"""


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs")


def argv_of(tmp_path: Path, folder: RunFolder, script: str) -> list[str]:
    return [write_program(tmp_path / "spark-submit", script), str(folder.path)]


def ignore(_progress: dict[str, Any]) -> None:
    """Nobody watches."""


def test_the_report_of_the_driver_comes_back_whatever_its_status(tmp_path: Path, folder: RunFolder) -> None:
    argv = argv_of(
        tmp_path, folder, 'echo \'{"exitStatus": 6, "error": null, "hint": null}\' > "$1/report.json"; exit 1'
    )
    assert run_locally(SETTINGS, folder, argv, ignore) == {"exitStatus": 6, "error": None, "hint": None}


def test_a_driver_without_a_report_is_an_error_with_its_last_lines(tmp_path: Path, folder: RunFolder) -> None:
    script = "for i in $(seq 1 20); do echo line $i; done; echo 'no space' >&2; exit 3"
    with pytest.raises(SubmissionError) as caught:
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), ignore)
    first, *lines = str(caught.value).splitlines()
    assert first == "spark-submit ended with status 3 and the driver left no report; its last lines:"
    assert lines == [*(f"    line {number}" for number in range(7, 21)), "    no space"]
    assert str(folder.log) in (caught.value.hint or "")


def test_the_line_with_the_cause_is_shown_however_much_comes_after_it(
    tmp_path: Path, folder: RunFolder
) -> None:
    script = (
        "echo \"ModuleNotFoundError: No module named 'msgspec'\" >&2\n"
        "for i in $(seq 1 40); do echo '  at org.apache.spark'; done; exit 1"
    )
    with pytest.raises(
        SubmissionError, match=r"left no report \(ModuleNotFoundError: No module named 'msgspec'\)"
    ):
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), ignore)


def test_a_driver_that_said_nothing_is_told_so(tmp_path: Path, folder: RunFolder) -> None:
    assert last_lines(folder) == "(no output)"
    with pytest.raises(SubmissionError, match=r"\(no output\)"):
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, "exit 1"), ignore)


def test_a_spark_submit_that_cannot_be_run_is_named(tmp_path: Path, folder: RunFolder) -> None:
    with pytest.raises(SubmissionError, match="/nowhere cannot be run: No such file or directory"):
        run_locally(SETTINGS, folder, ["/nowhere", str(folder.path)], ignore)


def test_settings_travel_in_a_file_that_only_its_owner_can_read(tmp_path: Path, folder: RunFolder) -> None:
    script = (
        'tr "\\0" "\\n" < /proc/$$/cmdline > "$1/seen"; env >> "$1/seen"; echo \'{}\' > "$1/report.json";'
        ' cp -p "$1/settings.json" "$1/copied"'
    )
    run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), ignore)
    data = folder.read("copied")
    assert data is not None
    assert from_json(RunSettings, data) == SETTINGS
    assert stat.S_IMODE((folder.path / "copied").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.log.stat().st_mode) == 0o600
    seen = (folder.path / "seen").read_text()
    assert str(folder.path) in seen
    assert HIDDEN not in seen


@pytest.mark.parametrize("script", ["echo '{}' > \"$1/report.json\"", "exit 1"])
def test_no_password_stays_when_the_driver_has_ended(tmp_path: Path, folder: RunFolder, script: str) -> None:
    with contextlib.suppress(SubmissionError):
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), ignore)
    assert folder.read(SETTINGS_FILE) is None
    assert [path for path in folder.path.iterdir() if HIDDEN in path.read_text()] == []


def test_the_driver_does_not_inherit_settings(
    tmp_path: Path, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETHLOGS_NODE_URL", f"http://{HIDDEN}@geth")
    run_locally(SETTINGS, folder, argv_of(tmp_path, folder, "env; echo '{}' > \"$1/report.json\""), ignore)
    log = folder.log.read_text()
    assert "PYSPARK_PYTHON=" in log
    assert "ETHLOGS_" not in log


def test_progress_is_shown_while_the_driver_runs(tmp_path: Path, folder: RunFolder) -> None:
    script = (
        'echo \'{"blocks": 1}\' > "$1/progress.json"\n'
        'while [ ! -e "$1/shown" ]; do sleep 0.05; done; echo \'{}\' > "$1/report.json"'
    )
    shown = []

    def show(progress: dict[str, Any]) -> None:
        shown.append(progress)
        (folder.path / "shown").touch()

    run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), show)
    assert shown[0] == {"blocks": 1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_the_driver_to_end(tmp_path: Path, folder: RunFolder, number: int) -> None:
    script = (
        f"trap '' TERM; echo '{UP}' > \"$1/progress.json\"\n"
        f'while [ ! -e "$1/{STOP}" ]; do sleep 0.05; done\n'
        f'cp "$1/{STOP}" "$1/asked.json"; echo \'{DONE}\' > "$1/report.json"'
    )
    asked: list[int] = []

    def interrupt(_progress: dict[str, Any]) -> None:
        if not asked:
            asked.append(number)
            os.kill(os.getpid(), number)

    earlier = signal.getsignal(number)
    report = run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), interrupt)
    assert report == json.loads(DONE)
    assert folder.read_json("asked.json") == {"signal": number}
    assert signal.getsignal(number) is earlier


def test_a_signal_while_spark_starts_ends_it_at_once(tmp_path: Path, folder: RunFolder) -> None:
    script = 'echo \'{"notices":[]}\' > "$1/progress.json"; while :; do sleep 0.05; done'

    def interrupt(_progress: dict[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(
        InterruptedRunError, match="by SIGTERM before the driver was up: it began nothing"
    ) as caught:
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), interrupt)
    assert caught.value.exit_status == 143
    assert not is_running(folder)


def test_the_second_signal_kills_the_driver(tmp_path: Path, folder: RunFolder) -> None:
    def interrupt(_progress: dict[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError, match="killed at the second SIGINT") as caught:
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, ENDLESS), interrupt)
    assert caught.value.exit_status == 130
    assert not is_running(folder)


def test_a_driver_that_outlives_its_timeout_is_ended(
    tmp_path: Path, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "_GRACE_SECONDS", 0.5)
    monkeypatch.setattr(submission, "_KILL_SECONDS", 0.1)
    settings = replace(SETTINGS, timeout_seconds=0.1)
    with pytest.raises(DeadlineError, match=r"did not end 0\.5 seconds after --timeout 0\.1"):
        run_locally(settings, folder, argv_of(tmp_path, folder, ENDLESS), ignore)
    assert not is_running(folder)


def test_an_error_of_the_watcher_leaves_no_driver_behind(tmp_path: Path, folder: RunFolder) -> None:
    def fail(_progress: dict[str, Any]) -> None:
        raise RuntimeError("the terminal is gone")

    script = "echo '{}' > \"$1/progress.json\"; while :; do sleep 0.05; done"
    with pytest.raises(RuntimeError, match="the terminal is gone"):
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), fail)
    assert not is_running(folder)


def test_a_report_that_is_half_written_counts_as_none(tmp_path: Path, folder: RunFolder) -> None:
    with pytest.raises(SubmissionError, match="left no report"):
        run_locally(
            SETTINGS, folder, argv_of(tmp_path, folder, "echo '{' > \"$1/report.json\"; exit 1"), ignore
        )


def test_a_driver_that_is_done_but_could_not_write_its_report_is_done(
    tmp_path: Path, folder: RunFolder
) -> None:
    report = run_locally(SETTINGS, folder, argv_of(tmp_path, folder, "exit 0"), ignore)
    assert report["exitStatus"] == 0
    assert "its report could not be written" in report["reportMissing"]


def test_a_driver_that_left_no_report_has_its_own_exit_status(tmp_path: Path, folder: RunFolder) -> None:
    with pytest.raises(SubmissionError, match="left no report") as caught:
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, "exit 7"), ignore)
    assert caught.value.exit_status == 7


def interrupt_once(number: int) -> Callable[[dict[str, Any]], None]:
    done: list[int] = []

    def interrupt(_progress: dict[str, Any]) -> None:
        if not done:
            done.append(number)
            os.kill(os.getpid(), number)

    return interrupt


def test_a_sigterm_to_the_whole_process_group_is_143_by_the_report_of_a_driver_that_outlives_spark(
    tmp_path: Path, folder: RunFolder
) -> None:
    script = (
        f"echo '{UP}' > \"$1/progress.json\"\n"
        f'while [ ! -e "$1/{STOP}" ]; do sleep 0.05; done\n'
        '(sleep 0.5; echo \'{"exitStatus": 143, "error": null, "hint": null}\' > "$1/report.json") &\n'
        "kill -TERM $$"
    )
    argv = argv_of(tmp_path, folder, script)
    assert run_locally(SETTINGS, folder, argv, interrupt_once(signal.SIGTERM)) == {
        "exitStatus": 143,
        "error": None,
        "hint": None,
    }


def test_a_sigterm_to_the_whole_process_group_is_143_without_a_report_too(
    tmp_path: Path, folder: RunFolder
) -> None:
    script = (
        f'echo \'{UP}\' > "$1/progress.json"\nwhile [ ! -e "$1/{STOP}" ]; do sleep 0.05; done\nkill -TERM $$'
    )
    with pytest.raises(InterruptedRunError, match="interrupted by SIGTERM, which ended spark") as caught:
        run_locally(SETTINGS, folder, argv_of(tmp_path, folder, script), interrupt_once(signal.SIGTERM))
    assert caught.value.exit_status == 143


def is_running(folder: RunFolder) -> bool:
    """By its last argument: a program that was ended early may have written nothing yet."""
    return any(arguments_of(entry)[-1:] == [str(folder.path)] for entry in Path("/proc").glob("[0-9]*"))


def arguments_of(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []
