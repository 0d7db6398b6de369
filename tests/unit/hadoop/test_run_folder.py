"""The run's folder on HDFS while HDFS hangs; a fake, because a real one hangs only when its network does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ethlogs.errors import HadoopUnavailableError
from ethlogs.hadoop import run_folder
from ethlogs.hadoop.patience import IMPATIENT, impatient
from ethlogs.hadoop.run_folder import HdfsRunFolder


class HangingFiles:
    """HDFS that answers when it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.ended = threading.Semaphore(0)
        self.content: dict[str, bytes] = {}

    def write(self, path: str, data: bytes, *, is_wanted: Callable[[], bool]) -> None:
        self.released.wait(60)
        if is_wanted():
            self.content[path] = data
        self.ended.release()

    def read(self, path: str) -> bytes | None:
        self.released.wait(60)
        return self.content.get(path)


def test_reading_and_writing_have_a_deadline_and_go_on_when_hdfs_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = HangingFiles()
    folder = HdfsRunFolder(cast(Any, files), "hdfs://nn/runs/1")
    with monkeypatch.context() as patched:
        patched.setattr(run_folder, "CALL_SECONDS", 0.01)
        with pytest.raises(
            HadoopUnavailableError, match=r"writing hdfs://nn/runs/1/report\.json: HDFS did not"
        ):
            folder.write_json("report.json", {"exitStatus": 0})
        with pytest.raises(HadoopUnavailableError, match=r"reading hdfs://nn/runs/1/stop\.json"):
            folder.read_json("stop.json")
    files.released.set()
    folder.write_json("report.json", {"exitStatus": 3})
    for _ in range(2):
        assert files.ended.acquire(timeout=60), "both writes have ended, in whichever order"
    assert folder.read_json("report.json") == {"exitStatus": 3}


def test_what_a_run_through_livy_was_started_with_is_removed_and_nothing_else() -> None:
    deleted: list[str] = []
    folder = HdfsRunFolder(cast(Any, SimpleNamespace(delete=deleted.append)), "hdfs://nn/runs/1")
    folder.remove_files()
    assert deleted == ["hdfs://nn/runs/1/files"]


def test_the_drivers_client_is_impatient_and_sparks_own_stays_as_it_is() -> None:
    sparks = {"fs.defaultFS": "hdfs://nn"}

    class Configuration(dict[str, str]):
        set = dict.__setitem__

    jvm = SimpleNamespace(
        org=SimpleNamespace(
            apache=SimpleNamespace(hadoop=SimpleNamespace(conf=SimpleNamespace(Configuration=Configuration)))
        )
    )
    assert impatient(jvm, sparks) == sparks | IMPATIENT
    assert sparks == {"fs.defaultFS": "hdfs://nn"}
