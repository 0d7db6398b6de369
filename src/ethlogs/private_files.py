"""Secrets by their names and forms, and files with them, which others should not be able to read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from ethlogs.errors import SettingsError

_OTHERS = 0o007
_GROUP = 0o070
_OTHERS_WRITE = 0o022
_WORDS = r"(?:passwo?r?d|secret|token|(?:access|api)[._-]?key)"
_NAME = re.compile(_WORDS, re.IGNORECASE)
"""The words of Spark's own spark.redaction.regex, and two more."""
_IN_VALUE = re.compile(rf"{_WORDS}\s*=", re.IGNORECASE)
_IN_URL = re.compile(
    r"://[^/@\s]*:[^/@\s]+@|\b(?:http|ws)s?://\S*(?:[/=](?=[a-z_-]*\d)[a-z\d_-]{20,}|[?&]\w*(?:key|auth)\w*=)",
    re.IGNORECASE,
)
"""A password, a part of the path or the query as long as a token, or a parameter that is called one."""


def describe_readers(name: str, path: Path) -> str | None:
    """Return a warning where others have rights on a file with a secret; ``name`` says which file it is.

    A group's right is warned of in the user's own file alone: an administrator who gives a file to root and
    to a group has chosen that group.
    """
    try:
        found = path.expanduser().stat()
    except (OSError, RuntimeError):  # RuntimeError: ~ of a user who has no home
        # Whoever reads it says why it cannot be read.
        return None
    unwanted = _OTHERS | _GROUP if found.st_uid == os.getuid() else _OTHERS
    if not found.st_mode & unwanted:
        return None
    return f"others can read {name} {path}, which has a secret; chmod 600 it"


def names_secret(name: str) -> bool:
    """Return whether a setting is a secret by its name."""
    return _NAME.search(name) is not None


def has_secret(settings: Mapping[str, str]) -> bool:
    """Return whether a setting is a secret by its name, or has one in its value, as in JAAS or a URL."""
    return any(
        names_secret(name) or _IN_VALUE.search(value) is not None or _IN_URL.search(value) is not None
        for name, value in settings.items()
    )


def make_trusted_folder(path: Path) -> None:
    """Make a folder that runs are started from, or take others' right to write in it away where it is there.

    Raises
    ------
    SettingsError
        When it is another user's.
    OSError
        When it cannot be made.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = path.stat()
    if found.st_uid != os.getuid():
        raise SettingsError(
            f"the folder {path} belongs to another user, who could change what runs are started from",
            hint="set XDG_CACHE_HOME to a folder of your own",
        )
    if found.st_mode & _OTHERS_WRITE:
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS_WRITE)
