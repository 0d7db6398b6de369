"""Old runs and archives are removed; what is in use, new, or not of ethlogs stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import orjson
import pytest

from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.submission.cleaning import Cleaning, Item, explain_kept, list_local, list_on_hdfs, remove_old
from ethlogs.submission.layout import HdfsLayout
from tests.unit.submission.fake_hdfs import Entry, FakeHdfs

DAY = 86_400.0
BASE = "/user/ada/.ethlogs"
OLD, NEW = "20260101-000000-00000a", "20260102-000000-00000b"
ENDED, GOING = "20260103-000000-00000c", "20260104-000000-00000d"


def make_old(path: Path, days: float) -> None:
    """Set the times of a file or folder, and of what is in it, into the past."""
    moment = time.time() - days * DAY
    for each in [*path.rglob("*"), path]:
        os.utime(each, (moment, moment))


def make_run(runs: Path, name: str, days: float, file: str = "progress.json") -> Path:
    folder = runs / name
    folder.mkdir(parents=True)
    (folder / file).write_text("{}")
    make_old(folder, days)
    return folder


def names(cleaning: Cleaning) -> tuple[list[str], list[str]]:
    """The last parts of what was removed and of what stays."""
    removed = [item.place.rpartition("/")[2] for item in cleaning.removed]
    return sorted(removed), sorted(item.place.rpartition("/")[2] for item in cleaning.kept)


def test_old_runs_and_archives_of_this_machine_are_removed(tmp_path: Path) -> None:
    runs, cache = tmp_path / "runs", tmp_path / "cache"
    old, new = make_run(runs, OLD, 40), make_run(runs, NEW, 2)
    (cache / "archives").mkdir(parents=True)
    for name, days in (("env-old.tar.gz", 40), ("env-old.lock.json", 40), ("env-new.tar.gz", 1)):
        (cache / "archives" / name).write_text(name)
        make_old(cache / "archives" / name, days)
    cleaning = remove_old(list_local(runs, cache), 30 * DAY)
    assert names(cleaning) == ([OLD, "env-old.lock.json", "env-old.tar.gz"], [NEW, "env-new.tar.gz"])
    assert (old.exists(), new.exists()) == (False, True)
    assert [path.name for path in (cache / "archives").iterdir()] == ["env-new.tar.gz"]


def test_a_dry_run_removes_nothing(tmp_path: Path) -> None:
    old = make_run(tmp_path, OLD, 40)
    assert names(remove_old(list_local(tmp_path, tmp_path), 30 * DAY, dry_run=True)) == ([OLD], [])
    assert old.exists()


def test_a_folder_that_is_not_a_runs_is_not_listed(tmp_path: Path) -> None:
    """--run-dir may be any folder."""
    make_run(tmp_path, "photographs", 400, "beach.jpg")
    make_run(tmp_path, "another-programs", 400, "report.json")
    (tmp_path / OLD).symlink_to(make_run(tmp_path / "elsewhere", NEW, 400))
    assert [item.place for item in list_local(tmp_path, tmp_path / "cache")] == []


def test_a_run_that_wrote_within_the_hour_stays_whatever_is_asked(tmp_path: Path) -> None:
    make_run(tmp_path, GOING, 0.5 / 24)
    make_run(tmp_path, ENDED, 2 / 24)
    assert names(remove_old(list_local(tmp_path, tmp_path / "cache"), 0.0)) == ([ENDED], [GOING])


def test_it_says_why_each_item_was_kept() -> None:
    def item(days: float, in_use: str | None = None) -> Item:
        return Item("run", "/runs/a-run", 0, days * DAY, in_use, lambda: None)

    kept = [item(0.5 / 24), item(2), item(2), item(40, "its application"), item(0, "its application")]
    assert explain_kept(kept) == (
        "kept 5: 2 in use, 1 used within the last hour, 2 not older than --older-than"
    )
    assert explain_kept([]) == "kept 0"


def test_a_run_whose_driver_is_there_stays_though_it_has_not_written(tmp_path: Path) -> None:
    folder = make_run(tmp_path, GOING, 40)
    program = "print('up', flush=True); input()"
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as driver:
        # For a moment after exec a process has no command line yet.
        assert driver.stdout is not None
        assert driver.stdout.readline() == b"up\n"
        cleaning = remove_old(list_local(tmp_path, tmp_path / "cache"), 30 * DAY)
        driver.communicate(b"\n")
    assert names(cleaning) == ([], [GOING])
    assert cleaning.kept[0].in_use == "a process of this machine"
    assert folder.exists()


class FakeApplications:
    """YARN with applications that run: a real one is in the integration tests."""

    def __init__(self, *alive: str) -> None:
        self._alive = alive

    def find(self, tag: str, *, alive_only: bool = True) -> list[str]:
        assert alive_only
        return [run for run in self._alive if tag == f"ethlogs-run-{run}"]


@pytest.fixture
def hdfs() -> FakeHdfs:
    """Two runs of 60 days ago, each with its archive, and Spark's jars of both."""
    files = FakeHdfs()
    moment = time.time() - 60 * DAY
    for folder in ("", "/runs", "/archives", "/spark", f"/runs/{GOING}", f"/runs/{ENDED}"):
        files.entries[BASE + folder] = Entry("ada", 0o700, None, moment)
    for name in ("archives/env-1.tar.gz", "archives/env-2.tar.gz", "spark/spark-4.zip"):
        files.entries[f"{BASE}/{name}"] = Entry("ada", 0o644, b"content", moment)
    shipped = orjson.dumps(
        [f"hdfs://cluster{BASE}/archives/env-1.tar.gz", f"hdfs://cluster{BASE}/spark/spark-4.zip"]
    )
    files.entries[f"{BASE}/runs/{GOING}/shipped.json"] = Entry("ada", 0o600, shipped, moment)
    return files


def clean_hdfs(hdfs: FakeHdfs, *alive: str) -> Cleaning:
    layout = HdfsLayout.of(cast(HdfsFiles, hdfs), None)
    items = list_on_hdfs(layout, cast(Applications, FakeApplications(*alive)))
    return remove_old(items, 30 * DAY)


def test_the_files_of_a_running_application_stay_on_hdfs(hdfs: FakeHdfs) -> None:
    removed, kept = names(clean_hdfs(hdfs, GOING))
    assert (removed, kept) == ([ENDED, "env-2.tar.gz"], [GOING, "env-1.tar.gz", "spark-4.zip"])
    assert f"{BASE}/archives/env-1.tar.gz" in hdfs.entries
    assert f"{BASE}/runs/{GOING}/shipped.json" in hdfs.entries
    assert f"{BASE}/runs/{ENDED}" not in hdfs.entries


def test_without_a_running_application_everything_old_goes(hdfs: FakeHdfs) -> None:
    removed, kept = names(clean_hdfs(hdfs))
    assert (len(removed), kept) == (5, [])


def test_no_archive_goes_while_an_application_does_not_say_what_it_uses(hdfs: FakeHdfs) -> None:
    del hdfs.entries[f"{BASE}/runs/{GOING}/shipped.json"]
    removed, kept = names(clean_hdfs(hdfs, GOING))
    assert (removed, kept) == ([ENDED], [GOING, "env-1.tar.gz", "env-2.tar.gz", "spark-4.zip"])


def test_an_archive_that_was_used_lately_stays(hdfs: FakeHdfs) -> None:
    """Its time of change is that of its upload, by which YARN knows it."""
    hdfs.touch(f"{BASE}/archives/env-2.tar.gz")
    assert "env-2.tar.gz" in names(clean_hdfs(hdfs))[1]


def test_what_is_not_of_ethlogs_below_the_folder_on_hdfs_stays(hdfs: FakeHdfs) -> None:
    """--hdfs-dir may be the user's home."""
    moment = time.time() - 400 * DAY
    for name in ("runs/training", "archives/photographs.zip", "spark/job.py"):
        content = None if name.startswith("runs/") else b"content"
        hdfs.entries[f"{BASE}/{name}"] = Entry("ada", 0o700, content, moment)
    removed, _ = names(clean_hdfs(hdfs))
    assert len(removed) == 5
    assert {f"{BASE}/runs/training", f"{BASE}/archives/photographs.zip", f"{BASE}/spark/job.py"} <= {
        *hdfs.entries
    }
