"""An environment is found by its folder, or by its name where conda and its like keep environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.environment.prefix import find_prefix
from ethlogs.errors import PackError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def make(folder: Path) -> Path:
    (folder / "conda-meta").mkdir(parents=True)
    return folder


def test_a_folder_is_taken_as_it_is_named(home: Path) -> None:
    assert find_prefix(str(make(home / "mine")), None, {}) == home / "mine"
    with pytest.raises(PackError, match=r"--env-prefix .* does not exist"):
        find_prefix(str(home / "nothing"), None, {})


def test_a_name_is_looked_for_in_condas_list_of_environments(home: Path) -> None:
    folder = make(home / "elsewhere" / "logs")
    (home / ".conda").mkdir()
    (home / ".conda" / "environments.txt").write_text(f"{home / 'other'}\n{folder}\n")
    assert find_prefix(None, "logs", {}) == folder


@pytest.mark.parametrize(
    ("variable", "value", "place"),
    [
        ("CONDA_ENVS_PATH", "one:two", "two/logs"),
        ("CONDA_ENVS_DIRS", "dirs", "dirs/logs"),
        ("MAMBA_ROOT_PREFIX", "mamba", "mamba/envs/logs"),
        ("CONDA_PREFIX", "envs/active", "envs/logs"),
        ("CONDA_EXE", "conda/bin/conda", "conda/envs/logs"),
    ],
)
def test_a_name_is_looked_for_where_variables_say(home: Path, variable: str, value: str, place: str) -> None:
    folder = make(home / place)
    paths = ":".join(str(home / part) for part in value.split(":"))
    assert find_prefix(None, "logs", {variable: paths}) == folder


def test_a_name_is_looked_for_in_the_usual_folders(home: Path) -> None:
    folder = make(home / "miniforge3" / "envs" / "logs")
    assert find_prefix(None, "logs", {}) == folder


def test_a_folder_without_condas_records_is_not_an_environment(home: Path) -> None:
    (home / "miniforge3" / "envs" / "logs").mkdir(parents=True)
    with pytest.raises(PackError, match="there is no environment named logs"):
        find_prefix(None, "logs", {})
