"""The places of ethlogs.toml."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ethlogs.errors import SettingsError

FILE_NAME = "ethlogs.toml"


def find_config(wanted: str | None, environment: Mapping[str, str]) -> Path | None:
    """Return ``--config``, else the file in the current folder, else in the user's configuration folder.

    Raises
    ------
    SettingsError
        When ``--config`` is not a file, or the current folder was deleted.
    """
    if wanted is not None:
        if not Path(wanted).exists():
            raise SettingsError(
                f"--config {wanted} does not exist",
                hint=f"give the path of an {FILE_NAME}, or leave it out and give flags",
            )
        if Path(wanted).is_dir():
            raise SettingsError(
                f"--config {wanted} is a folder", hint=f"name the file in it, like {FILE_NAME}"
            )
        return Path(wanted)
    for folder in _folders(environment):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where the file may be; a user of a container may have no home."""
    try:
        yield Path.cwd()
    except FileNotFoundError:
        raise SettingsError("the current folder was deleted", hint="cd to a folder that exists") from None
    with contextlib.suppress(RuntimeError):
        yield Path(environment.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "ethlogs"
