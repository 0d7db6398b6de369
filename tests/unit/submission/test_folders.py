"""The user's folders follow the XDG variables, else the home folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.submission.folders import cache_folder, runs_folder


def test_folders_are_below_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    assert cache_folder() == Path("/home/ada/.cache/ethlogs")
    assert runs_folder() == Path("/home/ada/.local/state/ethlogs/runs")


def test_the_xdg_variables_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert (cache_folder(), runs_folder()) == (Path("/cache/ethlogs"), Path("/state/ethlogs/runs"))


def test_a_user_without_a_home_learns_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("no home")

    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(SettingsError) as caught:
        cache_folder()
    assert caught.value.hint == "set HOME or XDG_CACHE_HOME"
    with pytest.raises(SettingsError) as caught:
        runs_folder()
    assert "--run-dir" in (caught.value.hint or "")
