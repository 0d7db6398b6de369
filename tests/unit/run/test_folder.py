"""The folder in which driver and submitter meet."""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.run.folder import REPORT, STOP, RunFolder, list_run_folders


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_can_enter_a_run_folder(folder: RunFolder) -> None:
    assert mode_of(folder.path) == 0o700


def test_only_its_owner_can_read_a_file_of_it(folder: RunFolder) -> None:
    earlier = os.umask(0)
    try:
        folder.write(REPORT, b"{}")
    finally:
        os.umask(earlier)
    assert mode_of(folder.path / REPORT) == 0o600


def test_a_run_is_named_by_its_folder_and_no_two_are_the_same(tmp_path: Path) -> None:
    runs = {RunFolder.create(tmp_path).run for _ in range(5)}
    assert runs == {path.name for path in tmp_path.iterdir()}
    assert len(runs) == 5


def test_a_folder_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be made: Not a directory") as caught:
        RunFolder.create(tmp_path / "file")
    assert caught.value.hint == "give a folder that you can write, with --run-dir"


def test_a_folder_that_is_gone_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written: No such file or directory"):
        RunFolder(tmp_path / "gone").write(REPORT, b"{}")


def test_a_reader_of_an_old_file_never_sees_the_new_one_grow(folder: RunFolder) -> None:
    folder.write(REPORT, b"old")
    with (folder.path / REPORT).open("rb") as reader:
        folder.write(REPORT, b"newer")
        assert reader.read() == b"old"
    assert folder.read(REPORT) == b"newer"


def test_threads_that_write_one_file_do_not_mix(folder: RunFolder) -> None:
    def write_often(value: bytes) -> None:
        for _ in range(50):
            folder.write(REPORT, value)

    values = [bytes([number]) * 100_000 for number in range(8)]
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(write_often, values))
    assert folder.read(REPORT) in values


def test_nothing_temporary_is_left_behind(folder: RunFolder) -> None:
    folder.write(REPORT, b"{}")
    assert [path.name for path in folder.path.iterdir()] == [REPORT]


def test_nothing_half_written_is_left_where_the_disk_is_full(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_disk(_temporary: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", fill_disk)
    with pytest.raises(SettingsError, match="No space left") as caught:
        folder.write(REPORT, b"{}")
    assert "make room" in (caught.value.hint or "")
    assert list(folder.path.iterdir()) == []


def test_json_is_read_as_it_was_written(folder: RunFolder) -> None:
    folder.write_json(REPORT, {"exitStatus": 0, "tip": None})
    assert folder.read_json(REPORT) == {"exitStatus": 0, "tip": None}


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b"7", b"\xff"])
def test_a_file_that_is_no_json_object_counts_as_none(folder: RunFolder, data: bytes) -> None:
    folder.write(REPORT, data)
    assert folder.read_json(REPORT) is None


def test_a_report_has_an_end_whatever_else_it_has(folder: RunFolder) -> None:
    report = {"exitStatus": 6, "error": "the node is away", "hint": None, "ofALaterVersion": 1}
    folder.write_json(REPORT, report)
    assert folder.read_report() == report


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"exitStatus": 0},
        {"exitStatus": "0", "error": None, "hint": None},
        {"exitStatus": None, "error": None, "hint": None},
        {"exitStatus": 6, "error": {"text": "away"}, "hint": None},
    ],
)
def test_a_report_that_does_not_say_how_the_run_ended_counts_as_none(
    folder: RunFolder, report: dict[str, object]
) -> None:
    folder.write_json(REPORT, report)
    assert folder.read_report() is None


def test_a_file_that_is_not_there_counts_as_none(folder: RunFolder) -> None:
    assert folder.read(REPORT) is None
    assert folder.read_json(REPORT) is None
    assert folder.read_report() is None


def test_a_folder_that_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file in its place")
    with pytest.raises(SettingsError, match="cannot be read: Not a directory"):
        RunFolder(tmp_path / "run").read("stop.json")


def test_a_request_to_stop_names_the_signal(folder: RunFolder) -> None:
    folder.request_stop(15)
    assert folder.read_json(STOP) == {"signal": 15}


def test_only_folders_that_are_named_as_runs_are_listed(tmp_path: Path) -> None:
    runs = sorted(RunFolder.create(tmp_path).path for _ in range(2))
    (tmp_path / "photographs").mkdir()
    (tmp_path / "20260101-000000-00000a").touch()
    (tmp_path / "20260101-000000-00000b").symlink_to(tmp_path / "photographs")
    assert [folder.path for folder in list_run_folders(tmp_path)] == runs
    assert list_run_folders(tmp_path / "nothing") == []
