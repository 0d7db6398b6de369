"""ethlogs.toml: flat keys, or the same keys in tables by heading; a value for every command in one file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ethlogs.errors import SettingsError
from ethlogs.settings.catalogue import check_keys, settings_by_key
from ethlogs.settings.kinds import KeyValue
from ethlogs.settings.option import HEADINGS, Option

_HINT = "it has one KEY = VALUE in each line, as TOML has it, text in quotes"
_TABLES = {heading.lower() for heading in HEADINGS}


def read_settings_file(path: Path) -> dict[str, Any]:
    """Read the file's values by key. A repeatable setting's value is a list of text.

    Raises
    ------
    SettingsError
        When it is not TOML, has an unknown key, or a value of another type than the setting takes.
    """
    try:
        # An editor on Windows may begin it with a byte order mark.
        parsed = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as exc:
        raise SettingsError(
            f"{path} cannot be read: {exc.strerror}", hint="give a file that you can read"
        ) from exc
    except RecursionError:
        raise SettingsError(f"{path} cannot be read: its values are nested too deeply", hint=_HINT) from None
    except ValueError as exc:  # what is not TOML or not UTF-8, and a number of too many digits
        raise SettingsError(f"{path} cannot be read: {exc}", hint=_HINT) from exc
    content: dict[str, Any] = {}
    for key, value in _flat(parsed):
        if key in content:
            raise SettingsError(
                f"the key {key} is in {path} twice", hint="a table of a heading may have it too"
            )
        content[key] = value
    check_keys(content, str(path))
    settings = settings_by_key()
    return {
        key: _to_value(settings[key].option, value, f"the key {key} of {path}")
        for key, value in content.items()
    }


def _flat(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Take the tables of headings apart; a setting that has a heading's name never holds a table."""
    for key, value in content.items():
        if isinstance(value, dict) and key in _TABLES:
            yield from value.items()
        else:
            yield key, value


def _to_value(option: Option, value: Any, where: str) -> Any:
    """Check the type, since 1.5 must not become 1, and bring the value into the form of a flag's."""
    if isinstance(value, dict) and isinstance(option.kind, KeyValue):
        value = [f"{key}={item}" for key, item in _flatten(value, where)]
    if isinstance(value, list) and not option.repeatable:
        raise SettingsError(f"{where} takes one value, not several")
    words, types = (
        ("text, in quotes", (str,)) if option.repeatable else (option.kind.toml_words, option.kind.toml_types)
    )
    items = value if isinstance(value, list) else [value]
    if any(type(item) not in types for item in items):
        raise SettingsError(f"{where} takes {words}")
    return items if option.repeatable else value


def _flatten(table: dict[str, Any], where: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Undo that TOML reads ``security.protocol = "SSL"`` as a table in a table."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, where, f"{prefix}{key}.")
        elif type(value) not in (str, int, float, bool):
            raise SettingsError(f"{where} takes text, numbers, true or false; {prefix}{key} is none of these")
        else:
            yield f"{prefix}{key}", str(value).lower() if isinstance(value, bool) else value
