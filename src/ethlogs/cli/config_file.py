"""ethlogs.toml: each key is a flag's name; its values become click's defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ethlogs.errors import SettingsError

FILE_NAME = "ethlogs.toml"
_META_KEY = "ethlogs.config_path"


def find_config(given: str | None) -> Path | None:
    """``--config``, else the one in the current folder, else in the user's configuration folder.

    Raises
    ------
    SettingsError
        When the given one does not exist.
    """
    if given is not None:
        if not Path(given).is_file():
            raise SettingsError(f"--config {given} does not exist")
        return Path(given)
    for folder in (Path.cwd(), Path(click.get_app_dir("ethlogs"))):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def read_config(path: Path) -> dict[str, Any]:
    """The file's keys with ``-`` as ``_``; a table of settings becomes KEY=VALUE texts.

    Raises
    ------
    SettingsError
        When it is not TOML.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as exc:
        raise SettingsError(f"{path} cannot be read: {exc}") from exc
    return {key.replace("-", "_"): _as_option(value) for key, value in content.items()}


def load_config(context: click.Context, _option: click.Parameter, given: str | None) -> None:
    """An eager option's callback: the file's keys become this command's defaults.

    Raises
    ------
    SettingsError
        When the file cannot be read, or a key holds a value of another shape than its flag takes.
    """
    path = find_config(given)
    if path is None:
        return
    content = read_config(path)
    context.meta[_META_KEY] = path
    known = _known_options(context)
    for key in sorted(content.keys() - known.keys()):
        click.echo(f"{path}: unknown key {key.replace('_', '-')}", err=True)
    for key in content.keys() & known:
        _check_shape(known[key], content[key], f"the key {key.replace('_', '-')} of {path}")
    defaults = {known[key].name: _as_default(known[key], content[key]) for key in content.keys() & known}
    context.default_map = {**defaults, **(context.default_map or {})}


def config_path(context: click.Context) -> Path | None:
    """The file that was read for this command."""
    found = context.meta.get(_META_KEY)
    return found if isinstance(found, Path) else None


def _known_options(context: click.Context) -> dict[str, click.Parameter]:
    """The settings of all commands, by their flags' names: one file serves every command.

    Where two commands keep a flag under different names, this command's comes last and so is taken.
    """
    group = context.find_root().command
    commands = list(group.commands.values()) if isinstance(group, click.Group) else [context.command]
    return {
        option.opts[-1].lstrip("-").replace("-", "_"): option
        for command in (*commands, context.command)
        for option in command.params
        if option.envvar
    }


def _check_shape(option: click.Parameter, value: Any, where: str) -> None:
    """Refuse what click would convert in a strange way, like 1.5 to 1, or fail at."""
    if isinstance(value, list) and not option.multiple:
        raise SettingsError(f"{where} takes one value, not several")
    what, kinds = _wanted(option)
    for item in value if isinstance(value, list) else [value]:
        if type(item) not in kinds:
            raise SettingsError(f"{where} takes {what}")


def _wanted(option: click.Parameter) -> tuple[str, tuple[type, ...]]:
    """What a key may hold, in words and as TOML reads it. Text is what a flag takes, so click reads it."""
    if option.multiple:
        return "text, in quotes", (str,)
    if isinstance(option.type, click.types.BoolParamType):
        return "true or false", (bool, str)
    if isinstance(option.type, click.types.FloatParamType):
        return "a number", (int, float, str)
    if isinstance(option.type, click.types.IntParamType):
        return "a whole number", (int, str)
    return "text, in quotes", (int, str)


def _as_default(option: click.Parameter, value: Any) -> Any:
    """One value of a repeatable flag needs no list."""
    return [value] if option.multiple and isinstance(value, str) else value


def _as_option(value: Any) -> Any:
    if isinstance(value, dict):
        return [f"{key}={item}" for key, item in _flatten(value)]
    return value


def _flatten(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """TOML reads ``security.protocol = "SSL"`` as a table in a table."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value).lower() if isinstance(value, bool) else value
