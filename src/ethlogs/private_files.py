"""Files with secrets: others on this machine should not be able to read them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_OTHERS = 0o007
_GROUP = 0o070
_SECRETS = ("password", "passwd", "secret", "token")


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


def has_secret(settings: Mapping[str, str]) -> bool:
    """Return whether a setting is a secret by its name, or has one in its value, as in JAAS."""
    return any(
        word in name.lower() or f"{word}=" in value.lower().replace(" ", "")
        for name, value in settings.items()
        for word in _SECRETS
    )
