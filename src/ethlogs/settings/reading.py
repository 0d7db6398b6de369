"""A command's options from Python: keywords, then environment variables, then ethlogs.toml."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ethlogs.errors import SettingsError
from ethlogs.settings.catalogue import CONFIG_VARIABLE, check_variables
from ethlogs.settings.config_file import find_config
from ethlogs.settings.kinds import KeyValue
from ethlogs.settings.option import Option, build, declarations, parameter
from ethlogs.settings.toml_file import read_settings_file

T = TypeVar("T")
_CONFIG = "config"


@dataclass(frozen=True)
class ReadOptions(Generic[T]):
    """The options of a command, and where their values came from."""

    options: T
    places: Mapping[str, str]
    """The place by flag, where it is an environment variable or a key of ethlogs.toml."""

    def locate(self, error: SettingsError) -> SettingsError:
        """Return the error with the place that its setting came from."""
        return error.at(self.places.get(error.flag or ""))


@dataclass(frozen=True)
class _Places:
    """What each place says."""

    keywords: Mapping[str, Any]
    environment: Mapping[str, str]
    file: Path | None
    content: Mapping[str, Any]


def read_options(
    group: type[T], keywords: Mapping[str, Any], environment: Mapping[str, str]
) -> ReadOptions[T]:
    """Read the options of a dataclass of groups; ``keywords`` have the flags' names, with underscores.

    Raises
    ------
    SettingsError
        When a keyword, a variable or a key is not a setting, or a value cannot be used.
    """
    declared = [item for item in declarations(group) if item.option.is_setting]
    check_variables(environment)
    _check_keywords(keywords, [keyword_of(item.option) for item in declared])
    file = find_config(_config(keywords, environment), environment)
    places = _Places(keywords, environment, file, read_settings_file(file) if file else {})
    values, origins = {}, {}
    for item in declarations(group):
        value, origin = _read(item.option, places) if item.option.is_setting else (item.option.default, None)
        values[parameter(item.path)] = value
        if origin is not None:
            origins[item.option.flag] = origin
    return ReadOptions(build(group, values), origins)


def keyword_of(option: Option) -> str:
    """Return the name that a setting has in Python."""
    return option.key.replace("-", "_")


def merge_pairs(places: Iterable[Sequence[str] | None]) -> list[str]:
    """Merge ``KEY=VALUE`` texts of several places, weakest first; a key has the values of its last place."""
    merged: dict[str, list[str]] = {}
    for place in places:
        pairs: dict[str, list[str]] = {}
        for text in place or ():
            pairs.setdefault(text.partition("=")[0].strip(), []).append(text)
        merged |= pairs
    return [text for texts in merged.values() for text in texts]


def _config(keywords: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
    wanted = keywords.get(_CONFIG) or environment.get(CONFIG_VARIABLE)
    return None if wanted is None else str(wanted)


def _check_keywords(keywords: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in keywords:
        if name != _CONFIG and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise SettingsError(
                f"unknown setting: {name}",
                hint=f"did you mean {near[0]}?"
                if near
                else "a setting has its flag's name, with underscores; docs/settings.md lists them",
            )


def _read(option: Option, places: _Places) -> tuple[Any, str | None]:
    """Return the value of the strongest place, and which place that is."""
    given = places.keywords.get(keyword_of(option))
    texts = [
        (None if given is None else _to_texts(given), None),
        (_of_variable(option, places.environment), f"the environment variable {option.variable}"),
        (_of_file(option, places.content), f"the key {option.key} of {places.file}"),
    ]
    found = next(((text, origin) for text, origin in texts if text is not None), None)
    if found is None:
        return option.default, None
    value, origin = found
    if isinstance(option.kind, KeyValue):
        value = merge_pairs(text for text, _ in reversed(texts))
    return _parse(option, value, origin), origin


def _of_variable(option: Option, environment: Mapping[str, str]) -> list[str] | None:
    text = environment.get(option.variable)
    if not text:
        return None
    return option.kind.split(text) if option.repeatable else [text]


def _of_file(option: Option, content: Mapping[str, Any]) -> list[str] | None:
    return _to_texts(content[option.key]) if option.key in content else None


def _to_texts(value: Any) -> list[str]:
    """Return a value of Python as the texts of a flag."""
    if isinstance(value, Mapping):
        return [
            f"{key}={str(item).lower() if isinstance(item, bool) else item}" for key, item in value.items()
        ]
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [str(item) for item in value]
    return [str(value)]


def _parse(option: Option, texts: list[str], origin: str | None) -> Any:
    where = f"{option.flag} (from {origin})" if origin else keyword_of(option)
    if not option.repeatable and len(texts) != 1:
        raise SettingsError(f"{where} takes one value, not several")
    try:
        values = tuple(option.kind.parse(text) for text in texts)
    except ValueError as exc:
        raise SettingsError(f"{where}: {exc}") from None
    return values if option.repeatable else values[0]
