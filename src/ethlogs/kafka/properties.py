"""Java's properties files, as Kafka's own tools read them."""

from __future__ import annotations

import re
from pathlib import Path

from ethlogs.errors import SettingsError
from ethlogs.kafka.spelling import normalize_names

_LINE_END = re.compile(r"\r\n|\r|\n")
"""Java's; Python's splitlines() ends a line at other characters too, which a password may hold."""

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_HINT = "give the client.properties that Kafka's own tools take, as a file that you can read"


def read_properties(path: Path) -> dict[str, str]:
    """Read the settings of ``--command-config`` by their canonical names.

    Raises
    ------
    SettingsError
        When the file cannot be read, or has two values for one setting.
    """
    try:
        # Windows' editors put a byte order mark before the first key, which is often security.protocol.
        properties = parse_properties(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise SettingsError(f"--command-config {path} cannot be read: {exc.strerror}", hint=_HINT) from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(
            f"--command-config {path} cannot be read: it is not UTF-8 text", hint=_HINT
        ) from exc
    except ValueError as exc:
        raise SettingsError(
            f"--command-config {path}: {exc}", hint="Java's tools refuse it too; a backslash itself is \\\\"
        ) from None
    return normalize_names(properties.items(), f"--command-config {path}")


def parse_properties(text: str) -> dict[str, str]:
    """Parse Java's properties format: comments, ``=``, ``:`` or blanks, continued lines, escapes.

    Raises
    ------
    ValueError
        When an escape is not one of Java's. No value is repeated.
    """
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
            name = _unescape(match.group(1), "the name of a setting")
            properties[name] = _unescape(match.group(2), name)
        pending = ""
    return properties


def _unescape(text: str, where: str) -> str:
    def replace(match: re.Match[str]) -> str:
        escaped = match[1]
        if len(escaped) == 1 and escaped == "u":
            raise ValueError(f"{where} has \\u without four hex digits")
        return chr(int(escaped[1:], 16)) if len(escaped) == 5 else _ESCAPES.get(escaped, escaped)

    unescaped = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", replace, text, flags=re.DOTALL)
    try:
        # Java writes a character beyond 16 bits as two escapes.
        return unescaped.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ValueError(f"{where} has half of a character in its \\u escapes") from None
