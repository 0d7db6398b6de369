"""krb5.conf: the files that MIT's library reads, the one that Java can read, and what a file includes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_DEFAULT = "/etc/krb5.conf"
_INCLUDE = re.compile(r"^(?:include|includedir)\s+(\S.*?)\s*$", re.MULTILINE)


def list_files(environment: Mapping[str, str]) -> list[str]:
    """Return where MIT's library looks: in the files of KRB5_CONFIG, else in /etc/krb5.conf."""
    named = [name for name in environment.get("KRB5_CONFIG", "").split(":") if name]
    return named or [_DEFAULT]


def find_javas_file(environment: Mapping[str, str]) -> str | None:
    """Return the file of KRB5_CONFIG for Java, which reads a single one; ``None`` where it is not set.

    MIT's library skips those that do not exist, and lets the first that has a setting decide.
    """
    if not environment.get("KRB5_CONFIG", "").strip(":"):
        return None
    files = list_files(environment)
    return next((name for name in files if Path(name).exists()), files[0])


def list_includes(path: Path) -> list[str]:
    """Return the files and folders that a krb5.conf includes; none where it cannot be read."""
    try:
        return _INCLUDE.findall(path.read_text(errors="replace"))
    except OSError:
        return []
