"""The user's folders: the cache, which can be made again, and the state with the folders of runs."""

from __future__ import annotations

import os
from pathlib import Path

from ethlogs.errors import SettingsError


def cache_folder() -> Path:
    """Return where what can be made again is kept between runs."""
    return _user_folder("XDG_CACHE_HOME", Path(".cache"), "set HOME or XDG_CACHE_HOME")


def runs_folder() -> Path:
    """Return where the folders of runs are made, unless ``--run-dir`` says where."""
    hint = "set HOME or XDG_STATE_HOME, or give --run-dir"
    return _user_folder("XDG_STATE_HOME", Path(".local", "state"), hint) / "runs"


def _user_folder(variable: str, below_home: Path, hint: str) -> Path:
    base = os.environ.get(variable)
    try:
        return (Path(base) if base else Path.home() / below_home) / "ethlogs"
    except RuntimeError:
        raise SettingsError("HOME is not set, and this user has no home folder", hint=hint) from None
