"""What is shipped, how a stream's application is known, and how one ended."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ethlogs.errors import (
    HadoopError,
    InterruptedRunError,
    LivyError,
    OutcomeUnknownError,
    PackError,
    SettingsError,
)
from ethlogs.hadoop.applications import Application
from ethlogs.hadoop.errors import to_ethlogs_error
from ethlogs.run.folder import RunFolder
from ethlogs.settings import KafkaSettings, NodeSettings, RunSettings, StreamSettings
from ethlogs.submission.applications import run_of, stream_tag
from ethlogs.submission.shipping import build_package, hash_file, take_files_along
from ethlogs.submission.yarn import YarnSubmitter
from tests.unit.samples import APPLICATION

STREAM = StreamSettings("logs")


# ---------------------------------------------------------------- the package


def test_an_archive_that_lacks_what_a_run_needs_is_refused_before_anything_is_uploaded(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "env.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("bin/python"))
    nothing = cast(Any, None)
    options = cast(Any, SimpleNamespace(yarn=SimpleNamespace(env_archive=str(archive))))
    submitter = YarnSubmitter(
        nothing, nothing, options, {}, tmp_path, lambda _notice: None, job=nothing, replace=False
    )
    with pytest.raises(PackError, match="has no Python package gssapi"):
        submitter._ship_archive(nothing, {"gssapi": "a driver with a Kerberos ticket"})


@pytest.mark.parametrize("asked", [None, HadoopError("Wrong FS: s3a://bucket/env.tar.gz")])
def test_an_archive_that_is_not_on_hdfs_is_refused_and_one_elsewhere_is_left_to_spark(
    tmp_path: Path, asked: HadoopError | None
) -> None:
    """HDFS is a fake: a real one has no second file system beside it."""

    def size(_path: str) -> None:
        if asked is not None:
            raise asked

    url, nothing = "hdfs://nn:8020/env.tar.gz", cast(Any, None)
    options = cast(Any, SimpleNamespace(yarn=SimpleNamespace(env_archive=url)))
    hadoop = cast(Any, SimpleNamespace(files=SimpleNamespace(size=size)))
    submitter = YarnSubmitter(hadoop, nothing, options, {}, tmp_path, print, job=nothing)
    if asked is not None:
        assert submitter._ship_archive(nothing, {}) == (url, "bin/python")
        return
    with pytest.raises(SettingsError, match=f"--env-archive {url} does not exist") as caught:
        submitter._ship_archive(nothing, {})
    assert "ethlogs pack" in str(caught.value.hint)


class FakeApplications:
    """The ResourceManager: whether it has the run's application."""

    def __init__(self, *alive: Application) -> None:
        self.alive = alive

    def find(self, _tag: str) -> tuple[Application, ...]:
        return self.alive


@pytest.mark.parametrize(
    ("error", "alive", "gone"),
    [
        (LivyError("refused"), (), True),
        (KeyboardInterrupt(), (), True),
        (InterruptedRunError("still there"), (APPLICATION,), False),
        (OutcomeUnknownError("perhaps taken"), (), False),
    ],
    ids=["refused", "interrupted", "interrupted with an application", "unknown"],
)
def test_no_secret_stays_on_hdfs_for_an_application_that_there_is_not(
    error: BaseException, alive: tuple[Application, ...], gone: bool
) -> None:
    nothing, removed = cast(Any, None), []
    hadoop = cast(Any, SimpleNamespace(applications=FakeApplications(*alive)))
    folder = cast(Any, SimpleNamespace(remove_files=lambda: removed.append(True)))
    submitter = YarnSubmitter(hadoop, nothing, nothing, {}, nothing, lambda _notice: None, job=nothing)
    with pytest.raises(type(error)), submitter._removed_unless_started(folder, "R"):
        raise error
    assert bool(removed) == gone


def test_the_package_can_be_imported_from_its_zip(tmp_path: Path) -> None:
    path = build_package(tmp_path)
    program = "import ethlogs.driver.main; print(ethlogs.driver.main.__file__)"
    finished = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert finished.stdout.strip() == f"{path}/ethlogs/driver/main.py"


def test_the_package_is_the_same_for_the_same_content_and_holds_nothing_compiled(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = build_package(tmp_path), build_package(tmp_path / "other")
    assert hash_file(first) == hash_file(second)
    assert not [name for name in zipfile.ZipFile(first).namelist() if "__pycache__" in name]


def test_files_that_settings_name_go_along_for_their_owner_alone(tmp_path: Path) -> None:
    secret, here = tmp_path / "client.key", tmp_path / "run"
    here.mkdir()
    secret.write_text("a private key")
    client = (("ssl.keyfile", str(secret)), ("security.protocol", "SSL"))
    settings = RunSettings("a", "produce", NodeSettings(("http://n",)), KafkaSettings("k:1", client))
    there, files = take_files_along(settings, RunFolder(here))
    assert there.kafka.client == (("ssl.keyfile", "kafka-ssl.keyfile"), ("security.protocol", "SSL"))
    assert files == [here / "kafka-ssl.keyfile"]
    assert files[0].read_text() == "a private key"
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert replace(there, kafka=settings.kafka) == settings


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    kafka = KafkaSettings("k:1", (("ssl.cafile", "/nowhere.pem"),))
    settings = RunSettings("a", "produce", NodeSettings(("http://n",)), kafka)
    with pytest.raises(SettingsError, match=r"ssl\.cafile: the file /nowhere\.pem cannot be read"):
        take_files_along(settings, RunFolder(tmp_path))


# ---------------------------------------------------------------- tags


def test_a_streams_tag_does_not_depend_on_how_its_brokers_are_listed() -> None:
    tag = stream_tag(KafkaSettings("a:9092,b:9092"), STREAM)
    assert tag == stream_tag(KafkaSettings("B:9092, a:9092"), STREAM)
    assert tag != stream_tag(KafkaSettings("a:9092,b:9092"), StreamSettings("other"))
    assert tag != stream_tag(KafkaSettings("c:9092"), STREAM)
    # YARN takes only ASCII, and turns it into lower case.
    assert tag.isascii()
    assert tag == tag.lower()


def test_an_applications_run_is_in_its_tags() -> None:
    assert run_of(APPLICATION) == "20260101-000000-abcdef"
    assert run_of(replace(APPLICATION, tags=frozenset({"theirs"}))) is None


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("causes", "status", "message"),
    [
        ([("IOException", "DestHost"), ("ConnectException", "Connection refused")], 8, "Connection refused"),
        ([("AccessControlException", "Permission denied: user=me, access=WRITE")], 5, "permission denied"),
        (
            [("YarnException", "User a does not have privilege to see this")],
            5,
            "permission denied",
        ),
        (
            [("IOException", "x"), ("AccessControlException", "Client cannot authenticate via:[TOKEN]")],
            5,
            "no valid ticket",
        ),
        ([("DSQuotaExceededException", "quota of /user/me is exceeded")], 8, "HDFS has no room"),
        ([("RemoteException", "could only be written to 0 of the 1 minReplication nodes")], 8, "no room"),
        ([("IllegalStateException", "")], 8, "IllegalStateException"),
    ],
)
def test_javas_exceptions_become_ours(causes: list[tuple[str, str]], status: int, message: str) -> None:
    error = to_ethlogs_error(causes, "doing it")
    assert error.exit_status == status
    assert message in str(error)
    assert str(error).startswith("doing it: ")


def test_who_may_not_use_a_path_on_hdfs_is_told_what_grants_it() -> None:
    said = 'Permission denied: user=me, access=READ_EXECUTE, inode="/user/them":them:them:drwx------'
    error = to_ethlogs_error([("AccessControlException", said)], "reading it")
    assert error.hint == "hdfs dfs -setfacl -m user:me:rx /user/them, or give another --hdfs-dir"
