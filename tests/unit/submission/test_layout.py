"""What a run takes from HDFS is nobody else's, and no file of a running application is written over."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from ethlogs.errors import SettingsError
from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.submission.layout import HdfsLayout, find_staging
from ethlogs.submission.shipping import ship_archive
from tests.unit.submission.fake_hdfs import Entry, FakeHdfs

BASE = "/user/ada/.ethlogs"


@pytest.fixture
def hdfs() -> FakeHdfs:
    return FakeHdfs()


def layout_on(hdfs: FakeHdfs) -> HdfsLayout:
    return HdfsLayout.of(cast(HdfsFiles, hdfs), None)


def write_archive(folder: Path, content: bytes) -> Path:
    path = folder / "env-fingerprint.tar.gz"
    path.write_bytes(content)
    return path


def test_everything_is_private(hdfs: FakeHdfs, tmp_path: Path) -> None:
    layout_on(hdfs).make_run_folder("a-run")
    ship_archive(layout_on(hdfs), write_archive(tmp_path, b"one"), print)
    folders = {path: entry.mode for path, entry in hdfs.entries.items() if entry.content is None}
    assert folders == {
        BASE: 0o700,
        f"{BASE}/runs": 0o700,
        f"{BASE}/runs/a-run": 0o700,
        f"{BASE}/archives": 0o700,
    }


def test_others_rights_are_taken_away_from_what_is_there(hdfs: FakeHdfs, tmp_path: Path) -> None:
    hdfs.entries = {BASE: Entry("ada", 0o777), f"{BASE}/archives": Entry("ada", 0o755)}
    ship_archive(layout_on(hdfs), write_archive(tmp_path, b"one"), print)
    # Of the base only the right to write: it may be somebody's home.
    assert (hdfs.entries[BASE].mode, hdfs.entries[f"{BASE}/archives"].mode) == (0o755, 0o700)


@pytest.mark.parametrize("path", [BASE, f"{BASE}/archives", f"{BASE}/spark", f"{BASE}/runs"])
def test_another_users_folder_is_refused_before_anything_is_written(
    hdfs: FakeHdfs, tmp_path: Path, path: str
) -> None:
    hdfs.entries = {path: Entry("mallory", 0o777)}
    with pytest.raises(SettingsError, match=f"the folder {path} belongs to mallory") as caught:
        ship_archive(layout_on(hdfs), write_archive(tmp_path, b"one"), print)
    assert caught.value.hint == "give a folder of your own with --hdfs-dir"
    assert list(hdfs.entries) == [path]


def test_an_archive_is_uploaded_once(hdfs: FakeHdfs, tmp_path: Path) -> None:
    first = ship_archive(layout_on(hdfs), write_archive(tmp_path, b"one"), print)
    assert ship_archive(layout_on(hdfs), write_archive(tmp_path, b"one"), print) == first
    assert hdfs.uploads == [first]


def test_an_upload_shows_how_far_it_is(hdfs: FakeHdfs, tmp_path: Path) -> None:
    shown: list[tuple[str, int, int | None]] = []
    archive = write_archive(tmp_path, b"one")
    for _ in range(2):
        ship_archive(layout_on(hdfs), archive, print, lambda *amount: shown.append(amount))
    assert shown == [("uploading", 3, 3)]


def test_another_archive_of_the_same_name_and_size_does_not_replace_it(
    hdfs: FakeHdfs, tmp_path: Path
) -> None:
    first = ship_archive(layout_on(hdfs), write_archive(tmp_path, b"one"), print)
    second = ship_archive(layout_on(hdfs), write_archive(tmp_path, b"two"), print)
    assert first != second
    assert (hdfs.entries[first].content, hdfs.entries[second].content) == (b"one", b"two")


def test_an_archive_that_another_user_put_there_is_not_trusted(hdfs: FakeHdfs, tmp_path: Path) -> None:
    archive = write_archive(tmp_path, b"one")
    url = ship_archive(layout_on(hdfs), archive, print)
    hdfs.entries[url] = Entry("mallory", 0o644, b"bad")
    assert ship_archive(layout_on(hdfs), archive, print) == url
    assert hdfs.entries[url] == Entry("ada", 0o644, b"one")


@pytest.mark.parametrize(
    ("configured", "staging"),
    [
        ({}, "/user/ada/.sparkStaging"),
        ({"spark.yarn.stagingDir": "/tmp/spark"}, "/tmp/spark/ada/.sparkStaging"),
        ({"spark.yarn.preserve.staging.files": "true"}, None),
    ],
)
def test_sparks_own_folder_is_where_its_settings_say(
    hdfs: FakeHdfs, configured: dict[str, str], staging: str | None
) -> None:
    assert find_staging(cast(HdfsFiles, hdfs), configured) == staging


def test_sparks_own_folder_in_another_file_system_is_left_alone(hdfs: FakeHdfs) -> None:
    hdfs.url = "hdfs://here"
    assert find_staging(cast(HdfsFiles, hdfs), {"spark.yarn.stagingDir": "s3a://there/spark"}) is None
