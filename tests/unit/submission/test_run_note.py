"""What this machine remembers of the runs that it started."""

from __future__ import annotations

from pathlib import Path

from ethlogs.run.folder import NOTE, RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings
from ethlogs.submission.run_note import list_notes, note_run, read_note

RUN = RunSettings("a-run", "produce", NodeSettings(("http://key@geth",)), KafkaSettings("kafka:9092"))


def test_a_note_is_read_as_it_was_written_and_holds_no_url(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    note = note_run(folder, RUN, application="application_1_1", hdfs_dir="/x")
    assert read_note(folder) == note
    assert (note.job, note.topic, note.application) == ("produce", "eth_eventlogs", "application_1_1")
    assert b"key" not in (folder.read(NOTE) or b"")


def test_a_folder_without_a_note_or_with_another_versions_is_left_out(tmp_path: Path) -> None:
    plain, odd, noted = (RunFolder.create(tmp_path) for _ in range(3))
    odd.write(NOTE, b'{"version": 99}')
    note_run(noted, RUN)
    assert read_note(plain) is None
    assert read_note(odd) is None
    (tmp_path / "a-file").touch()
    assert [folder.path for folder, _ in list_notes(tmp_path)] == [noted.path]
    assert list_notes(tmp_path / "nothing") == []


def test_the_newest_run_is_the_first(tmp_path: Path) -> None:
    for name in ("20260101-000000-00000a", "20260103-000000-00000b", "20260102-000000-00000c"):
        (tmp_path / name).mkdir()
        note_run(RunFolder(tmp_path / name), RUN)
    assert [folder.path.name[:8] for folder, _ in list_notes(tmp_path)] == [
        "20260103",
        "20260102",
        "20260101",
    ]
