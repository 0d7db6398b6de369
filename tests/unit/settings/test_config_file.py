"""ethlogs.toml is the file that is named, else that of this folder, else the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.settings.config_file import FILE_NAME, find_config


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_named_file_comes_before_that_of_this_folder_and_that_before_the_users(
    here: Path, tmp_path: Path
) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert find_config(None, environment) is None
    users = tmp_path / "config" / "ethlogs" / FILE_NAME
    users.parent.mkdir(parents=True)
    users.touch()
    assert find_config(None, environment) == users
    (here / FILE_NAME).touch()
    assert find_config(None, environment) == here / FILE_NAME
    named = tmp_path / "other.toml"
    named.touch()
    assert find_config(str(named), environment) == named


def test_a_named_file_that_is_missing_or_a_folder_is_refused(here: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.toml does not exist"):
        find_config(str(here / "nothing.toml"), {})
    with pytest.raises(SettingsError, match="is a folder") as caught:
        find_config(str(here), {})
    assert FILE_NAME in (caught.value.hint or "")


def test_a_current_folder_that_was_deleted_is_said(here: Path) -> None:
    here.rmdir()
    with pytest.raises(SettingsError, match="the current folder was deleted"):
        find_config(None, {})
