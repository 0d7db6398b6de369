"""The places of ethlogs.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ethlogs.errors import SettingsError

FILE_NAME = "ethlogs.toml"


def find_config(wanted: str | None, environment: Mapping[str, str]) -> Path | None:
    """Return ``--config``, else the file in the current folder, else in the user's configuration folder.

    Raises
    ------
    SettingsError
        When ``--config`` does not exist.
    """
    if wanted is not None:
        if not Path(wanted).is_file():
            raise SettingsError(f"--config {wanted} does not exist")
        return Path(wanted)
    users = Path(environment.get("XDG_CONFIG_HOME", "~/.config")).expanduser() / "ethlogs"
    for folder in (Path.cwd(), users):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None
