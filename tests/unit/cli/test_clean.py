"""``ethlogs clean`` as a program reads it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.unit.cli.calls import Call

DAY = 86_400


def make_run(folder: Path, age_seconds: float) -> None:
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    at = time.time() - age_seconds
    for path in (folder / "report.json", folder):
        os.utime(path, (at, at))


def test_each_item_that_is_kept_has_the_reason(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    runs = tmp_path / "runs"
    old, young, new = (f"20260101-000000-00000{number}" for number in range(3))
    for name, age in ((new, 0), (young, 2 * DAY), (old, 40 * DAY)):
        make_run(runs / name, age)
    answer = json.loads(call("clean", "--json", "--run-dir", str(runs)).stdout)
    assert [item["place"] for item in answer["removed"]] == [str(runs / old)]
    assert {Path(item["place"]).name: item["reason"] for item in answer["kept"]} == {
        new: "used within the last hour",
        young: "not older than --older-than",
    }
    assert not (runs / old).exists()
