"""What runs are started with: private on HDFS, and gone when they have ended. HDFS and YARN are fakes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ethlogs.errors import HadoopUnavailableError
from ethlogs.hadoop.applications import Application
from ethlogs.spark.yarn import Shipment
from ethlogs.submission.applications import ETHLOGS_TAG, RUN_TAG
from ethlogs.submission.layout import HdfsLayout
from ethlogs.submission.left_files import LeftFiles, put_on_hdfs
from tests.unit.samples import APPLICATION
from tests.unit.submission.fake_hdfs import Entry, FakeHdfs

ENDED = replace(APPLICATION, state="FINISHED")
RUNNING = replace(APPLICATION, state="RUNNING")


E, G, N, LOST = (f"20260101-000000-00000{letter}" for letter in "abcd")

STAGING = "/user/ada/.sparkStaging"


class FakeYarn:
    """The ResourceManager: its applications by run."""

    def __init__(self, **runs: Application) -> None:
        self.runs = runs

    def find(self, tag: str, *, alive_only: bool = True) -> list[Application]:
        assert not alive_only
        if tag == ETHLOGS_TAG:
            return list(self.runs.values())
        return [found for run, found in self.runs.items() if tag == f"{RUN_TAG}{run}"]

    def describe(self, application_id: str) -> Application:
        if application_id not in self.runs:
            raise HadoopUnavailableError("away")
        return self.runs[application_id]


@pytest.fixture
def hdfs() -> FakeHdfs:
    return FakeHdfs()


@pytest.fixture
def layout(hdfs: FakeHdfs) -> HdfsLayout:
    files: Any = hdfs
    return HdfsLayout.of(files, None)


def left_files(layout: HdfsLayout, **runs: Application) -> LeftFiles:
    applications: Any = FakeYarn(**runs)
    return LeftFiles(layout, applications, STAGING)


def ship(layout: HdfsLayout, folder: Path, run: str) -> Shipment:
    paths = {}
    for name in ("settings.json", "ethlogs.zip", "ethlogs_driver.py", "kafka.keytab"):
        paths[name] = folder / name
        paths[name].write_text(name)
    shipment = Shipment(
        settings_file=str(paths["settings.json"]),
        package=str(paths["ethlogs.zip"]),
        archive="hdfs:/env.tar.gz",
        python="bin/python",
        spark_archive=None,
        run_folder=layout.make_run_folder(run).path,
        tags=(),
        script=str(paths["ethlogs_driver.py"]),
        files=(str(paths["kafka.keytab"]),),
    )
    return put_on_hdfs(layout, run, shipment)


def test_everything_is_named_by_its_place_on_hdfs_where_its_owner_alone_can_read_it(
    hdfs: FakeHdfs, layout: HdfsLayout, tmp_path: Path
) -> None:
    shipment = ship(layout, tmp_path, "R")
    folder = f"{shipment.run_folder}/files"
    assert shipment.settings_file == f"{folder}/settings.json"
    assert shipment.package == f"{folder}/ethlogs.zip"
    assert shipment.script == f"{folder}/ethlogs_driver.py"
    assert shipment.files == (f"{folder}/kafka.keytab",)
    assert hdfs.entries[folder].mode == 0o700
    assert {hdfs.entries[name].mode for name in hdfs.uploads} == {0o600}


def test_files_of_ended_runs_are_removed_and_those_of_others_stay(
    hdfs: FakeHdfs, layout: HdfsLayout, tmp_path: Path
) -> None:
    folders = {run: f"{ship(layout, tmp_path, run).run_folder}/files" for run in (E, G, N, LOST, "training")}
    hdfs.entries[folders[N]].modified_at = time.time() - 60
    hdfs.entries[folders[LOST]].modified_at = time.time() - 7200
    left = left_files(layout, **{E: ENDED, G: RUNNING})
    # YARN knows neither N, which may be about to be submitted, nor LOST, which never was
    assert left.find() == [E, LOST]
    assert left.remove() == [E, LOST]
    assert {run for run, folder in folders.items() if folder in hdfs.entries} == {G, N, "training"}
    assert f"{layout.base}/runs/{E}" in hdfs.entries, "its report stays"
    assert left.remove() == []


def test_whoever_watched_a_run_removes_its_files_only_after_its_end(
    hdfs: FakeHdfs, layout: HdfsLayout, tmp_path: Path
) -> None:
    folder = f"{ship(layout, tmp_path, 'R').run_folder}/files"
    hdfs.make_folder(f"{STAGING}/ended")
    left = left_files(layout, running=RUNNING, ended=ENDED)
    for application, stays in (("away", True), ("running", True), ("ended", False)):
        left.remove_if_ended(layout.run_folder("R"), application)
        assert (folder in hdfs.entries) == stays
        assert (f"{STAGING}/ended" in hdfs.entries) == stays


def test_what_spark_has_not_removed_of_ended_runs_is_and_other_applications_keep_theirs(
    hdfs: FakeHdfs, layout: HdfsLayout
) -> None:
    ended = replace(ENDED, id="application_1_0001", tags=frozenset({f"{RUN_TAG}E"}))
    running = replace(RUNNING, id="application_1_0002", tags=frozenset({f"{RUN_TAG}G"}))
    # the third is not of ethlogs, or one that YARN has forgotten
    for number in (1, 2, 3):
        hdfs.make_folder(f"{STAGING}/application_1_000{number}")
        hdfs.entries[f"{STAGING}/application_1_000{number}/me.keytab"] = Entry("ada", 0o600, b"key")
    left = left_files(layout, E=ended, G=running)
    assert left.find() == ["E"]
    assert left.remove() == ["E"]
    assert {name for name in hdfs.entries if name.endswith(".keytab")} == {
        f"{STAGING}/application_1_000{number}/me.keytab" for number in (2, 3)
    }
    assert left.find() == []
    assert replace(left, staging=None).find() == []
