"""Java's properties files, as Kafka's own tools read them."""

from __future__ import annotations

import re
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.kafka.spelling import normalize_names

_LINE_END = re.compile(r"\r\n|\r|\n")
"""Java's; Python's splitlines() ends a line at other characters too, which a password may hold."""

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read_properties(path: Path) -> dict[str, str]:
    """Read the settings of ``--command-config`` by their canonical names.

    Raises
    ------
    SettingsError
        When the file cannot be read, or has two values for one setting.
    """
    try:
        # Windows' editors put a byte order mark before the first key, which is often security.protocol.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"--command-config {path} cannot be read: {reason}") from exc
    return normalize_names(parse_properties(text).items(), f"--command-config {path}")


def parse_properties(text: str) -> dict[str, str]:
    """Java's properties format: comments, ``=``, ``:`` or blanks, continued lines, escapes."""
    properties: dict[str, str] = {}
    pending = ""
    for line in [*_LINE_END.split(text), ""]:
        stripped = line.lstrip(" \t\f")
        if not pending and (not stripped or stripped[0] in "#!"):
            continue
        pending += stripped
        if (len(pending) - len(pending.rstrip("\\"))) % 2:
            pending = pending[:-1]
            continue
        match = re.fullmatch(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)", pending, re.DOTALL)
        if match:
            properties[_unescape(match.group(1))] = _unescape(match.group(2))
        pending = ""
    return properties


def _unescape(text: str) -> str:
    return re.sub(
        r"\\(u[0-9a-fA-F]{4}|.)",
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) == 5 else _ESCAPES.get(m[1], m[1]),
        text,
    )
